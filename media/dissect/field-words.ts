/** How the values of fields are shown: types, bytes, texts, flags and matrices in words. */
import type { Field } from './model.ts'

/** The value in words, or nothing. */
export type Words = string | ((value: number) => string | undefined) | Readonly<Record<number, string>> | undefined

export function wordsOf(words: Words, value: number): string | undefined {
  if (typeof words === 'function') return words(value)
  return typeof words === 'object' ? words[value] : words
}

export function flagWords(flags: number, names: Readonly<Record<number, string>>): string | undefined {
  const set = Object.entries(names).flatMap(([bits, name]) => (flags & Number(bits) ? [name] : []))
  return set.length === 0 ? undefined : set.join(', ')
}

export function matrixWords([a = 0, b = 0, u = 0, c = 0, d = 0, v = 0, , , w = 0]: number[]): string | undefined {
  if (u !== 0 || v !== 0 || w !== 1) return undefined
  if (a === 1 && b === 0 && c === 0 && d === 1) return 'identity'
  if (a === 0 && b === 1 && c === -1 && d === 0) return 'rotated by 90° clockwise'
  if (a === -1 && b === 0 && c === 0 && d === -1) return 'rotated by 180°'
  if (a === 0 && b === -1 && c === 1 && d === 0) return 'rotated by 270° clockwise'
  if (a === -1 && b === 0 && c === 0 && d === 1) return 'mirrored'
  if (a === 1 && b === 0 && c === 0 && d === -1) return 'upside down'
  return undefined
}

export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** UTF-8, or UTF-16 with a byte order mark; without the zero at the end. */
export function decodeText(bytes: Uint8Array): string {
  const utf16 = (bytes[0] === 0xfe && bytes[1] === 0xff) || (bytes[0] === 0xff && bytes[1] === 0xfe)
  const text = new TextDecoder(utf16 ? (bytes[0] === 0xfe ? 'utf-16be' : 'utf-16le') : 'utf-8').decode(bytes)
  return text.replace(/\0+$/, '')
}

/** A box type as it is shown: characters, or `0x…` where they are none. */
export function printableType(type: string): string {
  return /^[ -~©]{4}$/.test(type) ? type : `0x${Array.from(type, (c) => c.charCodeAt(0).toString(16).padStart(2, '0')).join('')}`
}

/** A type in a message. */
export function printable(type: string): string {
  return type.startsWith('0x') ? type : `'${type}'`
}

/** An entry of a table: the field it is, or a group of its fields. */
export function entryField(index: number, inner: Field[], offset: number, length: number): Field {
  const name = `[${index}]`
  const [only] = inner
  if (inner.length === 1 && only !== undefined) return { ...only, name }
  const value = inner.map((field) => field.value)
  return { name, value, offset, length, fields: inner }
}
