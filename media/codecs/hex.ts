/** Two lower-case hex digits. */
export function hexByte(value: number): string {
  return value.toString(16).padStart(2, '0')
}

/** Two decimal digits. */
export function twoDigits(value: number): string {
  return String(value).padStart(2, '0')
}
