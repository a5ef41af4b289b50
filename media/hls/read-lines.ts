/** From text to tags and addresses: lines (RFC 8216bis 4.1), variables (4.3), and the tags that any playlist may have (4.4.1, 4.4.2). */
import { MediaError } from '../errors.ts'
import type { EncryptionKey, Start } from './model.ts'
import { type Attributes, defined, readAttributes, readFlag, readHex, readList, readNumber } from './read-attributes.ts'
import type { ReadOptions } from './read-model.ts'
import { splitTag } from './split-tag.ts'

/** A ten-hour video of 4 s segments has 9,000 and is under 1 MiB. */
const MAX_CHARACTERS = 16 * 1024 * 1024
/** A key or an initialization segment may stand in a `data:` URL. */
const MAX_LINE_CHARACTERS = 1024 * 1024
const MAX_WARNINGS = 1000
const MAX_DECLARATIONS = 1000

/** One line with its number, for warnings. */
export interface Line {
  number: number
  text: string
}

/** A tag with its value, or, with an empty name, an address. */
export interface Item {
  name: string
  value: string
  /** Says what is wrong with this line and how it is taken. */
  warn: (text: string) => void
}

/** Lines end with LF or CRLF, the last perhaps with neither; "MUST NOT contain a BOM", but files do. Throws `MediaError`. */
export function toLines(text: string): Line[] {
  if (text.length > MAX_CHARACTERS) throw new MediaError('too-large', `a playlist of ${text.length} characters`)
  const lines: Line[] = []
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .entries()) {
    if (raw.length > MAX_LINE_CHARACTERS) throw new MediaError('too-large', `line ${index + 1} has ${raw.length} characters`)
    const line = raw.trim()
    if (line !== '') lines.push({ number: index + 1, text: line })
  }
  return lines
}

/** Goes through the lines: comments are left out, variables declared and replaced. */
export class Lines {
  readonly warnings: string[] = []
  readonly variables = new Map<string, string>()
  readonly #lines: Line[]
  readonly #options: ReadOptions
  /** What variables may still add: one that holds others doubles with every line. */
  #room = MAX_CHARACTERS
  #declarations = 0

  constructor(lines: Line[], options: ReadOptions) {
    this.#lines = lines
    this.#options = options
  }

  *[Symbol.iterator](): Generator<Item> {
    for (const { number, text } of this.#lines) {
      const warn = (what: string): void => this.warn(`line ${number}: ${what}`)
      const tag = splitTag(text)
      if (tag === 'comment') continue
      const { name, value } = tag === 'uri' ? { name: '', value: text } : tag
      // The title of EXTINF is no place for variables.
      const item = { name, value: name === 'EXTINF' ? value : this.#replace(value, warn), warn }
      if (name === 'EXT-X-DEFINE') this.#define(item)
      else yield item
    }
  }

  warn(text: string): void {
    if (this.warnings.length < MAX_WARNINGS) this.warnings.push(text)
  }

  #replace(value: string, warn: Item['warn']): string {
    // Once, not again in what was put in; only where the playlist declares variables at all.
    if (this.variables.size === 0 || !value.includes('{$')) return value
    const replaced = value.replace(/\{\$([\w-]+)\}/g, (reference, name: string) => {
      const found = this.variables.get(name)
      if (found === undefined) warn(`the variable ${name.slice(0, 40)} is not declared`)
      this.#room -= found?.length ?? 0
      if (this.#room < 0) throw new MediaError('too-large', 'variables make the playlist too long')
      return found ?? reference
    })
    return replaced
  }

  /** "An EXT-X-DEFINE tag MUST contain either a NAME, an IMPORT, or a QUERYPARAM attribute, but only one of the three." */
  #define({ value, warn }: Item): void {
    this.#declarations += 1
    if (this.#declarations > MAX_DECLARATIONS) {
      warn(`more than ${MAX_DECLARATIONS} variables; this one is ignored`)
      return
    }
    const attributes = readAttributes(value)
    const name = attributes.get('NAME')
    const imported = attributes.get('IMPORT')
    const parameter = attributes.get('QUERYPARAM')
    const key = name ?? imported ?? parameter
    let found = name === undefined ? undefined : (attributes.get('VALUE') ?? '')
    if (imported !== undefined) found ??= this.#options.variables?.get(imported)
    if (parameter !== undefined) found ??= queryParameter(this.#options.url, parameter)
    if (key === undefined || found === undefined) warn('EXT-X-DEFINE without a value is ignored')
    else if (this.variables.has(key)) warn(`the variable ${key.slice(0, 40)} is declared again; the first value counts`)
    else this.variables.set(key, found)
  }
}

/** Percent-decoded, as 4.4.2.3 asks; a plus sign is a plus sign. "The decoded value MUST NOT contain" what quotes cannot. */
function queryParameter(url: string | undefined, name: string): string | undefined {
  const query = url?.split('#')[0]?.split('?').slice(1).join('?')
  const pair = query?.split('&').find((one) => one.startsWith(`${name}=`))
  try {
    const value = pair && decodeURIComponent(pair.slice(name.length + 1))
    return value && !/["\r\n]/.test(value) ? value : undefined
  } catch {
    return undefined // a stray `%`
  }
}

/** `EXT-X-START`. */
export function readStart({ value, warn }: Item): Start | undefined {
  const attributes = readAttributes(value)
  const text = attributes.get('TIME-OFFSET')?.trim() ?? ''
  // A negative offset counts from the end.
  const offset = readNumber(text.replace(/^[-+]/, ''))
  if (offset !== undefined)
    return { offsetSeconds: text.startsWith('-') ? -offset : offset, precise: readFlag(attributes.get('PRECISE')) ?? false }
  warn('EXT-X-START without a number in TIME-OFFSET is ignored')
  return undefined
}

/** `EXT-X-KEY` and `EXT-X-SESSION-KEY`; null: METHOD is NONE. */
export function readKey({ name, value, warn }: Item): EncryptionKey | null | undefined {
  const attributes: Attributes = readAttributes(value)
  const method = attributes.get('METHOD')?.toUpperCase()
  if (method === 'NONE') return null
  const uri = attributes.get('URI')
  if (method === undefined || uri === undefined) {
    warn(`${name} without METHOD or URI is ignored: what follows may be encrypted`)
    return undefined
  }
  const written = attributes.get('IV')
  const bytes = readHex(written)
  if (written !== undefined && (bytes === undefined || bytes.length > 16)) warn('IV is not a number of 128 bits and is ignored')
  return defined({
    method,
    uri,
    iv: bytes && bytes.length <= 16 ? padded(bytes) : undefined,
    keyFormat: attributes.get('KEYFORMAT') ?? 'identity',
    keyFormatVersions: readList(attributes.get('KEYFORMATVERSIONS'), '/')?.map(Number),
  })
}

/** A number of 128 bits, big-endian, of which leading zeros may be left out. */
function padded(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const iv = new Uint8Array(16)
  iv.set(bytes, 16 - bytes.length)
  return iv
}
