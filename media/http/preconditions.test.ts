import { describe, expect, it } from 'vitest'
import { readEntityTags } from './etag.ts'
import { formatHttpDate, parseHttpDate } from './http-date.ts'
import { evaluate, rangeCounts } from './preconditions.ts'

const MODIFIED = Date.UTC(2026, 0, 2, 3, 4, 5, 678)
const NOW = MODIFIED + 3_600_000
const at = formatHttpDate(MODIFIED)
const before = formatHttpDate(MODIFIED - 1000)
const after = formatHttpDate(MODIFIED + 1000)
const current = { etag: '"abc"', lastModifiedMs: MODIFIED }

describe('evaluate', () => {
  it.each<[Record<string, string>, string]>([
    [{}, 'proceed'],
    [{ 'If-Match': '"abc"' }, 'proceed'],
    [{ 'If-Match': '"x", "abc"' }, 'proceed'],
    [{ 'If-Match': '*' }, 'proceed'],
    [{ 'If-Match': '"x"' }, 'failed'],
    [{ 'If-Match': 'W/"abc"' }, 'failed'],
    [{ 'If-Match': '"abc"', 'If-Unmodified-Since': before }, 'proceed'],
    [{ 'If-Unmodified-Since': at }, 'proceed'],
    [{ 'If-Unmodified-Since': before }, 'failed'],
    [{ 'If-Unmodified-Since': 'yesterday' }, 'proceed'],
    [{ 'If-None-Match': '"abc"' }, 'not-modified'],
    [{ 'If-None-Match': 'W/"abc"' }, 'not-modified'],
    [{ 'If-None-Match': '"x","y" , "abc"' }, 'not-modified'],
    [{ 'If-None-Match': '*' }, 'not-modified'],
    [{ 'If-None-Match': '"x"' }, 'proceed'],
    [{ 'If-None-Match': '"x"', 'If-Modified-Since': after }, 'proceed'],
    [{ 'If-Modified-Since': at }, 'not-modified'],
    [{ 'If-Modified-Since': after }, 'not-modified'],
    [{ 'If-Modified-Since': before }, 'proceed'],
    [{ 'If-Modified-Since': '12' }, 'proceed'],
    [{ 'If-Match': '"x"', 'If-None-Match': '"abc"' }, 'failed'],
    [{ 'If-Unmodified-Since': before, 'If-None-Match': '"abc"' }, 'failed'],
  ])('%o', (fields, verdict) => {
    expect(evaluate(new Headers(fields), current, NOW)).toBe(verdict)
  })

  it('leaves dates aside when there is no Last-Modified', () => {
    const fields = new Headers({ 'If-Modified-Since': after, 'If-Unmodified-Since': before })
    expect(evaluate(fields, { ...current, lastModifiedMs: null }, NOW)).toBe('proceed')
  })
})

it.each([
  [null, true],
  ['"abc"', true],
  ['"x"', false],
  ['W/"abc"', false],
  [at, true],
  [before, false],
  [after, false],
  ['garbage', false],
])('rangeCounts for If-Range %s', (field, counts) => {
  expect(rangeCounts(field, current, NOW)).toBe(counts)
})

it('compares no weak tag of ours strongly', () => {
  expect(rangeCounts('W/"abc"', { ...current, etag: 'W/"abc"' }, NOW)).toBe(false)
})

it.each([
  ['"a","b"', ['"a"', '"b"']],
  ['"a,b", W/"c"', ['"a,b"', 'W/"c"']],
  ['abc', []],
  ['"a", broken, "b"', ['"a"']],
  [' * ', '*'],
])('reads entity tags of %s', (field, tags) => {
  expect(readEntityTags(field)).toEqual(tags)
})

describe('HTTP-date', () => {
  it.each([
    ['Sun, 06 Nov 1994 08:49:37 GMT', 784111777000],
    ['Sunday, 06-Nov-94 08:49:37 GMT', 784111777000],
    ['Sun Nov  6 08:49:37 1994', 784111777000],
    ['Friday, 06-Nov-76 08:49:37 GMT', Date.UTC(2076, 10, 6, 8, 49, 37)],
    ['Sun, 31 Feb 1994 08:49:37 GMT', null],
    ['Sun, 06 Nov 1994 24:00:00 GMT', null],
    ['Sun, 06 Nov 1994 08:49:37 CET', null],
    ['1994-11-06T08:49:37Z', null],
    ['', null],
  ])('%s', (text, unixMs) => {
    expect(parseHttpDate(text, NOW)).toBe(unixMs)
  })

  it('is read back as it was written', () => {
    expect(parseHttpDate(at, NOW)).toBe(MODIFIED - 678)
  })
})
