/** The rules of media playlists between lines (RFC 8216bis 4.4.3, 4.4.4); live ones are in check-live.ts. */
import { attribute, type CheckedLine, type Report } from './model.ts'

export function checkMedia(lines: readonly CheckedLine[], report: Report): void {
  const target = lines.find(({ name }) => name === 'EXT-X-TARGETDURATION')
  if (target === undefined) report('must', null, '4.4.3.1', 'EXT-X-TARGETDURATION must be there.')
  else if (Number(target.value) < 1) report('must', target.line, '4.4.3.1', 'The target duration must be at least 1.')
  const walk = new Walk(target === undefined ? Infinity : Number(target.value), lines, report)
  for (const one of lines) walk.step(one)
  walk.end()
}

/** KEYFORMATs at once; more are a mistake, not a playlist. */
const MAX_KEYS = 16

class Walk {
  readonly #targetSeconds: number
  readonly #version: number
  readonly #report: Report
  #segments = 0
  #discontinuities = 0
  #extinf: CheckedLine | null = null
  #byteRange: CheckedLine | null = null
  #lastRange: string | null = null
  #parts = 0
  /** EXT-X-KEY in force, by KEYFORMAT. */
  #keys = new Map<string, CheckedLine>()
  /** Tags that must not stand twice before one segment. */
  #seen = new Set<string>()

  constructor(targetSeconds: number, lines: readonly CheckedLine[], report: Report) {
    this.#targetSeconds = targetSeconds
    this.#version = Number(lines.find(({ name }) => name === 'EXT-X-VERSION')?.value ?? 1)
    this.#report = report
  }

  step(one: CheckedLine): void {
    const { name, line } = one
    if (name === '') this.#segment(one)
    else if (name === 'EXTINF') this.#duration(one)
    else if (name === 'EXT-X-BYTERANGE') this.#byteRange = one
    else if (name === 'EXT-X-DISCONTINUITY') this.#discontinuities += 1
    else if (name === 'EXT-X-MEDIA-SEQUENCE' && this.#segments > 0) {
      this.#must(line, '4.4.3.2', 'EXT-X-MEDIA-SEQUENCE must stand before the first segment.')
    } else if (name === 'EXT-X-DISCONTINUITY-SEQUENCE' && (this.#segments > 0 || this.#discontinuities > 0)) {
      this.#must(line, '4.4.3.3', 'EXT-X-DISCONTINUITY-SEQUENCE must stand before the first segment and before any EXT-X-DISCONTINUITY.')
    } else if (name === 'EXT-X-KEY') this.#key(one)
    else if (name === 'EXT-X-MAP') this.#map(one)
    else if (name === 'EXT-X-PART') this.#parts += 1
    else if (name === 'EXT-X-PROGRAM-DATE-TIME' && !/(Z|[+-]\d\d:?\d\d)$/.test(one.value)) {
      this.#report('should', line, '4.4.4.6', 'The date should say its time zone.')
    }
    if (this.#parts > 0 && /^EXT-X-(DISCONTINUITY|KEY|MAP|PROGRAM-DATE-TIME)$/.test(name)) {
      this.#must(line, '4.4.4.9', `${name} must stand before the first EXT-X-PART of its segment.`)
    }
    if (/^(EXTINF|EXT-X-BYTERANGE|EXT-X-PROGRAM-DATE-TIME)$/.test(name)) {
      if (this.#seen.has(name)) this.#must(line, '4.4.4', `${name} stands twice before one segment: which counts nobody knows.`)
      this.#seen.add(name)
    }
  }

  end(): void {
    if (this.#extinf !== null) this.#must(this.#extinf.line, '4.4.4', 'No address follows this EXTINF.')
  }

  #must(line: number, clause: string, text: string): void {
    this.#report('must', line, clause, text)
  }

  #segment({ line, value }: CheckedLine): void {
    this.#segments += 1
    if (this.#extinf === null) this.#must(line, '4.4.4.1', 'The segment must have an EXTINF.')
    const range = this.#byteRange
    if (range !== null && !range.value.includes('@') && this.#lastRange !== value) {
      this.#must(range.line, '4.4.4.2', 'A byte range without an offset must follow a byte range of the same resource.')
    }
    this.#lastRange = range === null ? null : value
    this.#extinf = null
    this.#byteRange = null
    this.#parts = 0
    this.#seen.clear()
  }

  #duration(one: CheckedLine): void {
    this.#extinf = one
    const text = one.value.split(',')[0] ?? ''
    const seconds = Number(text)
    if (Math.round(seconds) > this.#targetSeconds) {
      this.#must(
        one.line,
        '4.4.3.1',
        `The segment has ${text} s, which rounds to more than the target duration of ${this.#targetSeconds} s.`,
      )
    }
    if (this.#version < 3 && text.includes('.')) this.#must(one.line, '4.4.4.1', 'Below version 3 durations must be integers.')
  }

  #key(one: CheckedLine): void {
    const { line, attributes } = one
    checkKey(one, (text) => this.#must(line, '4.4.4.4', text))
    const format = attribute(one, 'KEYFORMAT') ?? 'identity'
    if (attribute(one, 'METHOD') === 'NONE') {
      this.#keys.clear()
      if (attributes.size > 1) this.#must(line, '4.4.4.4', 'With METHOD=NONE there must be no other attribute.')
    } else if (this.#keys.size < MAX_KEYS) this.#keys.set(format, one)
  }

  #map(one: CheckedLine): void {
    const range = attribute(one, 'BYTERANGE')
    if (range !== undefined && !/^\d+@\d+$/.test(range))
      this.#must(one.line, '4.4.4.5', 'BYTERANGE of EXT-X-MAP must be a length, @ and an offset.')
    for (const key of this.#keys.values()) {
      if (attribute(key, 'METHOD') === 'AES-128' && !key.attributes.has('IV')) {
        this.#must(one.line, '4.4.4.5', 'An initialization segment that is encrypted with AES-128 needs the IV of its EXT-X-KEY.')
      }
    }
  }
}

/** What EXT-X-KEY and EXT-X-SESSION-KEY share. */
export function checkKey(one: CheckedLine, must: (text: string) => void): void {
  const method = attribute(one, 'METHOD')
  if (method !== undefined && method !== 'NONE' && !one.attributes.has('URI') && one.name === 'EXT-X-KEY')
    must('EXT-X-KEY must have the attribute URI.')
  const iv = attribute(one, 'IV')
  if (iv !== undefined && (method === 'AES-256-GCM' || method === 'SAMPLE-AES-CTR')) must(`With METHOD=${method} there must be no IV.`)
  if (iv !== undefined && iv.length > 34) must('IV must have 128 bits.')
  const versions = attribute(one, 'KEYFORMATVERSIONS')
  if (versions !== undefined && !/^[1-9]\d*(\/[1-9]\d*)*$/.test(versions))
    must('KEYFORMATVERSIONS must be positive integers separated by slashes.')
}
