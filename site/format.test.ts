import { describe, expect, it } from 'vitest'
import { formatBytes, formatDuration, formatPercent, formatRelative, formatSpeed, formatTimeLeft, isoDuration } from './format.ts'

describe('formatDuration', () => {
  it.each([
    [0, '0:00'],
    [7_499, '0:07'],
    [59_500, '1:00'],
    [725_000, '12:05'],
    [3_723_000, '1:02:03'],
    [36_000_000, '10:00:00'],
    [-5, '0:00'],
  ])('%i ms is %s', (ms, text) => expect(formatDuration(ms)).toBe(text))

  it('has a machine-readable twin', () => expect(isoDuration(61_600)).toBe('PT62S'))
})

describe('formatBytes', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.00 kB'],
    [9_994, '9.99 kB'],
    [9_996, '10.0 kB'],
    [99_960, '100 kB'],
    [999_499, '999 kB'],
    [999_500, '1.00 MB'],
    [21_474_836_480, '21.5 GB'],
    [5e15, '5000 TB'],
  ])('%i is %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text))

  it('is a speed a second', () => expect(formatSpeed(12_400_000)).toBe('12.4 MB/s'))
})

describe('formatTimeLeft', () => {
  it.each([
    [1, 'a few seconds left'],
    [36, '40 s left'],
    [58, '1 min left'],
    [170, '3 min left'],
    [4_800, '1 h 20 min left'],
    [400_000, '5 days left'],
  ])('%i s: %s', (seconds, text) => expect(formatTimeLeft(seconds)).toBe(text))
})

describe('formatPercent', () => {
  it.each([
    [0, '0 %'],
    [0.29, '29 %'],
    [0.9999, '99 %'],
    [1, '100 %'],
    [1.2, '100 %'],
    [-1, '0 %'],
  ])('%d is %s', (fraction, text) => expect(formatPercent(fraction)).toBe(text))
})

describe('formatRelative', () => {
  const now = Date.parse('2026-11-22T12:00:00Z')
  it.each([
    ['2026-11-22T11:59:40Z', 'just now'],
    // A clock that is ahead of the server's.
    ['2026-11-22T12:00:10Z', 'just now'],
    ['2026-11-22T11:59:00Z', '1 minute ago'],
    ['2026-11-22T11:18:00Z', '42 minutes ago'],
    ['2026-11-22T11:00:00Z', '1 hour ago'],
    ['2026-11-21T12:00:00Z', 'yesterday'],
    ['2026-11-02T12:00:00Z', '20 days ago'],
    ['2026-05-06T12:00:00Z', 'May 6, 2026'],
    ['soon', ''],
  ])('%s is %s', (iso, text) => expect(formatRelative(iso, now)).toBe(text))
})
