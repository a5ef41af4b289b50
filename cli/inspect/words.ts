/** Numbers and names as `sluice inspect` writes them. */

/** `45,234,567`. */
export function thousands(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** `3:45.200`, `1:02:03.004`. */
export function duration(seconds: number): string {
  const ms = Math.round(seconds * 1000)
  const [h, m, s] = [Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60, (ms % 60_000) / 1000]
  const tail = s.toFixed(3).padStart(6, '0')
  return h > 0 ? `${h}:${String(m).padStart(2, '0')}:${tail}` : `${m}:${tail}`
}

/** `5.0s`, `5.005s`, `-0.021s`. */
export function moment(seconds: number): string {
  const rounded = Math.round(seconds * 1000) / 1000
  return `${Number.isInteger(rounded) ? rounded.toFixed(1) : rounded}s`
}

/**
 * Text from a file is not to be trusted with a terminal: control characters (which move the cursor and rename windows) and
 * those that turn the direction of writing become dots.
 */
export function harmless(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, '·')
}
