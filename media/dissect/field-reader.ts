/**
 * A reader that notes what it reads: each field with its name, value, words and place. Box readers are written against it, so
 * that a box's table entry is its page of the standard and nothing else.
 */
import { MediaError } from '../errors.ts'
import { ByteReader } from '../bytes/byte-reader.ts'
import { decodeText, entryField, flagWords, hexOf, matrixWords, printable, printableType, type Words, wordsOf } from './field-words.ts'
import type { Field, FieldValue, Problem } from './model.ts'

/** Of a field of bits: its name, its width, its words. An empty name is "reserved": not shown. */
export type BitField = readonly [name: string, width: number, words?: Words]

/** What a box reader may have to know beside its bytes. */
export interface BoxContext {
  /** Of the box. */
  type: string
  /** Types around it, outermost first. */
  path: readonly string[]
  fileSize: number
}

/** Bytes of a field that are shown as hex; the rest is counted. */
const HEX_BYTES = 256
/** Characters of a text that are shown. */
const TEXT_BYTES = 8192

/** The bytes at hand end before the box does: the fields so far are all that is shown, and nothing is wrong. */
export class WindowEnd extends Error {}

export class FieldReader {
  fields: Field[] = []
  readonly problems: Problem[] = []
  readonly context: BoxContext
  /** Entries shown of a table. */
  readonly maxEntries: number
  /** Fields that may still be made: tables in tables multiply. */
  #budget: number
  readonly #reader: ByteReader
  /** Of the first of the bytes at hand, in the file. */
  readonly #base: number
  /** Bytes of the box behind those at hand. */
  readonly #beyond: number

  constructor(bytes: Uint8Array, base: number, boxBytes: number, maxEntries: number, context: BoxContext) {
    this.#reader = new ByteReader(bytes)
    this.#base = base
    this.#beyond = boxBytes - bytes.length
    this.maxEntries = maxEntries
    this.#budget = maxEntries * 8 + 1000
    this.context = context
  }

  /** Bytes of the box that are not read. */
  get remaining(): number {
    return this.#reader.remaining + this.#beyond
  }

  /** Of the next byte, in the file. */
  get offset(): number {
    return this.#base + this.#reader.offset
  }

  /** The bytes at hand from here on, without reading them. */
  peek(length: number): Uint8Array {
    const { bytes, offset } = this.#reader
    return bytes.subarray(offset, offset + length)
  }

  problem(what: string, place?: Pick<Field, 'offset' | 'length'>, severity: Problem['severity'] = 'error'): void {
    const { offset, length } = place ?? { offset: this.offset, length: 0 }
    this.problems.push({ offset, length, what, severity })
  }

  u8(name: string, words?: Words): number {
    return this.#number(name, 1, (reader) => reader.u8(), words)
  }

  u16(name: string, words?: Words): number {
    return this.#number(name, 2, (reader) => reader.u16(), words)
  }

  u24(name: string, words?: Words): number {
    return this.#number(name, 3, (reader) => reader.u24(), words)
  }

  u32(name: string, words?: Words): number {
    return this.#number(name, 4, (reader) => reader.u32(), words)
  }

  i8(name: string, words?: Words): number {
    return this.#number(name, 1, (reader) => (reader.u8() << 24) >> 24, words)
  }

  i16(name: string, words?: Words): number {
    return this.#number(name, 2, (reader) => (reader.u16() << 16) >> 16, words)
  }

  i32(name: string, words?: Words): number {
    return this.#number(name, 4, (reader) => reader.i32(), words)
  }

  /** Beyond 2^53 as good as a number can say it. */
  u64(name: string, words?: Words): number {
    return this.#number(name, 8, (reader) => reader.u32() * 2 ** 32 + reader.u32(), words)
  }

  i64(name: string, words?: Words): number {
    return this.#number(name, 8, (reader) => reader.i32() * 2 ** 32 + reader.u32(), words)
  }

  /** 32 bits, or 64 in version 1 of a box. */
  uLong(name: string, long: boolean, words?: Words): number {
    return long ? this.u64(name, words) : this.u32(name, words)
  }

  /** An unsigned integer of 0 to 8 bytes; none is 0 and no field. */
  uBytes(name: string, length: number, words?: Words): number {
    if (length === 0) return 0
    return this.#number(name, length, (reader) => reader.take(length).reduce((sum, byte) => sum * 256 + byte, 0), words)
  }

  /** Signed fixed point of `bytes` bytes with `fraction` bits behind the point. */
  fixed(name: string, bytes: 2 | 4, fraction: number, words?: Words): number {
    return this.#number(name, bytes, (reader) => (bytes === 2 ? (reader.u16() << 16) >> 16 : reader.i32()) / 2 ** fraction, words)
  }

  /** Unsigned 16.16. */
  u16_16(name: string): number {
    return this.#number(name, 4, (reader) => reader.u32() / 0x10000, undefined)
  }

  /** IEEE 754, 32 or 64 bits. */
  float(name: string, bytes: 4 | 8): number {
    return this.#number(
      name,
      bytes,
      (reader) => {
        const taken = reader.take(bytes)
        const view = new DataView(taken.buffer, taken.byteOffset)
        return bytes === 4 ? view.getFloat32(0) : view.getFloat64(0)
      },
      undefined,
    )
  }

  fourcc(name: string, words?: Readonly<Record<string, string>>): string {
    return this.#field(name, 4, (reader) => {
      const value = printableType(reader.fourcc())
      return [value, words?.[value]]
    })
  }

  /** Three letters of five bits (ISO 639-2/T); QuickTime's small numbers are languages of the Macintosh. */
  language(name: string): void {
    this.#field<string | number>(name, 2, (reader) => {
      const packed = reader.u16()
      const letters = String.fromCharCode(...[10, 5, 0].map((shift) => ((packed >> shift) & 31) + 0x60))
      return packed < 0x400 || packed === 0x7fff ? [packed, 'Macintosh language'] : [letters, undefined]
    })
  }

  /** Seconds since 1904-01-01; 0 is "not said". */
  date(name: string, long: boolean): void {
    const words = (seconds: number): string | undefined => {
      const at = new Date((seconds - 2_082_844_800) * 1000)
      return seconds === 0 || Number.isNaN(at.getTime()) ? undefined : at.toISOString().replace('.000Z', 'Z')
    }
    this.uLong(name, long, words)
  }

  /** {a,b,u, c,d,v, x,y,w}: 16.16, u, v and w 2.30. */
  matrix(name: string): void {
    this.#field(name, 36, (reader) => {
      const values = Array.from({ length: 9 }, (_, index) => reader.i32() / 2 ** (index % 3 === 2 ? 30 : 16))
      return [values, matrixWords(values)]
    })
  }

  /** Bits of `bytes` bytes together, most significant first. */
  bits(bytes: number, ...fields: BitField[]): Readonly<Record<string, number>> {
    const offset = this.offset
    const taken = this.#take(bytes)
    const values: Record<string, number> = {}
    let at = 0
    for (const [name, width, words] of fields) {
      let value = 0
      for (let bit = at; bit < at + width; bit += 1) value = value * 2 + (((taken[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1)
      const first = at >> 3
      at += width
      values[name] = value
      if (name !== '') this.#note(name, value, wordsOf(words, value), offset + first, ((at + 7) >> 3) - first)
    }
    return values
  }

  /** Version and flags of a FullBox; `names` are flags in words, by their bits. */
  fullBox(names: Readonly<Record<number, string>> = {}): { version: number; flags: number } {
    const version = this.u8('version')
    const flags = this.u24('flags', (value) => flagWords(value, names))
    return { version, flags }
  }

  /** Text of `length` bytes, by default to the end; of a long one the beginning is shown. */
  text(name: string, length = this.remaining): string {
    const value = decodeText(this.#beginning(name, length, TEXT_BYTES))
    this.#noteLong(name, value, length, TEXT_BYTES)
    return value
  }

  /** Text that ends with a zero byte, or with the box. */
  zeroText(name: string): string {
    const at = this.peek(TEXT_BYTES).indexOf(0)
    const length = at === -1 ? this.remaining : at + 1
    return this.text(name, length)
  }

  /** A length byte and as many of text, in a field of `fieldBytes` (0: as long as it is). */
  pascalText(name: string, fieldBytes = 0): void {
    const said = this.peek(1)[0] ?? 0
    const length = fieldBytes === 0 ? said + 1 : fieldBytes
    this.#field(name, length, (reader) => [decodeText(reader.take(length).subarray(1, 1 + Math.min(said, length - 1))), undefined])
  }

  /** Bytes as hex, by default to the end; of many the first are shown. Answers what is shown. */
  hex(name: string, length = this.remaining, words?: string): Uint8Array {
    const shown = this.#beginning(name, length, HEX_BYTES)
    this.#noteLong(name, hexOf(shown), length, HEX_BYTES, words)
    return shown
  }

  /** Bytes that say nothing. */
  skip(bytes: number): void {
    this.#take(bytes)
  }

  /** A group of fields: those that `read` notes are its own. */
  group(name: string, read: () => FieldValue | undefined | void, words?: string): void {
    const offset = this.offset
    const outer = this.fields
    const inner: Field[] = []
    const field: Field = { name, value: '', offset, length: 0, fields: inner }
    this.#spend()
    outer.push(field)
    this.fields = inner
    try {
      const value = read()
      field.value = value ?? inner.map((one) => one.value).slice(0, 16)
      if (words !== undefined) field.text = words
    } finally {
      this.fields = outer
      field.length = this.offset - offset
    }
  }

  /**
   * A table of `count` entries of `entryBytes` at least each. Entries of one field are that field; counts that the box has no
   * room for are a problem, and what there is room for is shown. Entries of one size may be cut by the window.
   */
  table(name: string, count: number, entryBytes: number, read: (index: number) => void, variable = false): void {
    const room = entryBytes === 0 ? count : Math.floor(this.remaining / entryBytes)
    const start = this.offset
    if (count > room) {
      this.problem(`${printable(this.context.type)} counts ${count} entries, there is room for ${room}`, {
        offset: start,
        length: this.remaining,
      })
    }
    const there = Math.min(count, room)
    const outer = this.fields
    const entries: Field[] = []
    const field: Field = { name, value: count, offset: start, length: variable ? 0 : there * entryBytes, fields: entries }
    this.#spend()
    outer.push(field)
    let shown = 0
    try {
      while (shown < Math.min(there, this.maxEntries)) {
        const inner: Field[] = []
        this.fields = inner
        const offset = this.offset
        read(shown)
        entries.push(entryField(shown, inner, offset, this.offset - offset))
        shown += 1
      }
    } finally {
      this.fields = outer
      if (variable) field.length = this.offset - start
      if (shown < count) field.total = count
    }
    if (shown < there) {
      // What follows entries of unknown size cannot be found
      if (variable) throw new WindowEnd()
      this.skip((there - shown) * entryBytes)
    }
  }

  /** The first bytes of a long field; the window may end before it does. */
  #beginning(name: string, length: number, most: number): Uint8Array {
    this.#need(name, length)
    return this.peek(Math.min(length, most))
  }

  #noteLong(name: string, value: string, length: number, most: number, words?: string): void {
    this.#note(name, value, words ?? (length > most ? `${length} bytes` : undefined), this.offset, length)
    this.skip(length)
  }

  #need(name: string, length: number): void {
    if (length < 0 || length > this.remaining)
      throw new MediaError('truncated', `it ends in the middle of ${name}: ${length} bytes, ${this.remaining} left`)
  }

  #take(length: number): Uint8Array {
    if (length > this.#reader.remaining) {
      if (length <= this.remaining) throw new WindowEnd()
      throw new MediaError('truncated', `${length} bytes wanted, ${this.remaining} left`)
    }
    return this.#reader.take(length)
  }

  #number(name: string, length: number, read: (reader: ByteReader) => number, words: Words): number {
    return this.#field(name, length, (reader) => {
      const value = read(reader)
      return [value, wordsOf(words, value)]
    })
  }

  #field<T extends FieldValue>(name: string, length: number, read: (reader: ByteReader) => [T, string | undefined]): T {
    const offset = this.offset
    this.#need(name, length)
    if (length > this.#reader.remaining) throw new WindowEnd()
    const [value, words] = read(this.#reader)
    this.#note(name, value, words, offset, length)
    return value
  }

  #note(name: string, value: FieldValue, words: string | undefined, offset: number, length: number): void {
    this.#spend()
    this.fields.push({ name, value, ...(words === undefined ? {} : { text: words }), offset, length })
  }

  #spend(): void {
    if (this.#budget <= 0) throw new WindowEnd()
    this.#budget -= 1
  }
}
