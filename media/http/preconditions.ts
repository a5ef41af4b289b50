/** Conditional requests for GET and HEAD, in the order of RFC 9110 clause 13.2.2, and If-Range (13.1.5). */
import { readEntityTags, strongEqual, weakEqual, type EntityTag } from './etag.ts'
import { parseHttpDate } from './http-date.ts'

/** What the current representation is known by. `etag` must be strong for ranges to be safe. */
export interface Validators {
  etag: EntityTag
  /** Unix milliseconds, null when it is not known. */
  lastModifiedMs: number | null
}

/** Anything that gives a field's value by its name: `Headers`, for one. */
export interface Fields {
  get(name: string): string | null
}

/** `proceed`: answer as if there were no condition; `not-modified`: 304; `failed`: 412. */
export type Verdict = 'proceed' | 'not-modified' | 'failed'

export function evaluate(fields: Fields, { etag, lastModifiedMs }: Validators, nowMs: number): Verdict {
  const ifMatch = fields.get('If-Match')
  if (ifMatch !== null) {
    if (!matches(ifMatch, etag, strongEqual)) return 'failed'
  } else {
    const since = readDate(fields.get('If-Unmodified-Since'), nowMs)
    if (since !== null && lastModifiedMs !== null && wholeSeconds(lastModifiedMs) > since) return 'failed'
  }
  const ifNoneMatch = fields.get('If-None-Match')
  if (ifNoneMatch !== null) return matches(ifNoneMatch, etag, weakEqual) ? 'not-modified' : 'proceed'
  const since = readDate(fields.get('If-Modified-Since'), nowMs)
  return since !== null && lastModifiedMs !== null && wholeSeconds(lastModifiedMs) <= since ? 'not-modified' : 'proceed'
}

/**
 * Whether the Range field counts. An ETag is compared strongly; a date has to be the very Last-Modified. Representations
 * here never change under one name, so that their Last-Modified is a strong validator (8.8.2.2).
 */
export function rangeCounts(ifRange: string | null, { etag, lastModifiedMs }: Validators, nowMs: number): boolean {
  if (ifRange === null) return true
  const value = ifRange.trim()
  if (value.startsWith('"') || value.startsWith('W/')) return strongEqual(value, etag)
  return lastModifiedMs !== null && parseHttpDate(value, nowMs) === wholeSeconds(lastModifiedMs)
}

function matches(field: string, etag: EntityTag, equal: (a: EntityTag, b: EntityTag) => boolean): boolean {
  const tags = readEntityTags(field)
  return tags === '*' || tags.some((tag) => equal(tag, etag))
}

function readDate(field: string | null, nowMs: number): number | null {
  return field === null ? null : parseHttpDate(field.trim(), nowMs)
}

/** Dates in fields have no fractions. */
function wholeSeconds(unixMs: number): number {
  return Math.floor(unixMs / 1000) * 1000
}
