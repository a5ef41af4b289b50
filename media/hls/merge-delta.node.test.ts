/** Delta updates of random live streams, put together with the playlist before, against the whole playlist of the same moment. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { mergeDelta } from './merge-delta.ts'
import type { ReadMediaPlaylist } from './read-model.ts'
import { readPlaylist } from './read.ts'

function read(text: string): ReadMediaPlaylist {
  const { kind, playlist, warnings } = readPlaylist(text)
  if (kind !== 'media') throw new Error('not a media playlist')
  expect(warnings).toEqual([])
  return playlist
}

function merge(previous: ReadMediaPlaylist, delta: ReadMediaPlaylist): ReadMediaPlaylist {
  const merged = mergeDelta(previous, delta)
  if ('reason' in merged) throw new Error(merged.reason)
  return merged.playlist
}

const KEYS = [
  ['#EXT-X-KEY:METHOD=NONE'],
  ['#EXT-X-KEY:METHOD=AES-128,URI="a"'],
  ['#EXT-X-KEY:METHOD=AES-128,URI="b",IV=0x01'],
  ['#EXT-X-KEY:METHOD=SAMPLE-AES,URI="c",KEYFORMAT="other"'],
  ['#EXT-X-KEY:METHOD=NONE', '#EXT-X-KEY:METHOD=SAMPLE-AES,URI="d",KEYFORMAT="other"'],
]

/** One segment as a server makes it, with what changes at it. */
const anySegment = fc.record({
  ms: fc.integer({ min: 500, max: 4000 }),
  discontinuity: fc.boolean(),
  dated: fc.boolean(),
  gap: fc.boolean(),
  map: fc.option(fc.nat(3), { nil: undefined }),
  keys: fc.option(fc.constantFrom(...KEYS), { nil: undefined }),
  bitrate: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
  /** Of one resource, without an offset after the first. */
  range: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
})
type Made = typeof anySegment extends fc.Arbitrary<infer T> ? T : never

/** The server: what `segments` were made, of which it lists those from `from` to `to` and leaves out the first `skip`. */
function print(made: Made[], { from, to, skip = 0, dates }: { from: number; to: number; skip?: number; dates: string[] }): string {
  const discontinuities = made.slice(0, from).filter(({ discontinuity }) => discontinuity).length
  const lines = ['#EXTM3U', '#EXT-X-VERSION:10', '#EXT-X-TARGETDURATION:4', `#EXT-X-MEDIA-SEQUENCE:${from}`]
  lines.push(`#EXT-X-DISCONTINUITY-SEQUENCE:${discontinuities}`, '#EXT-X-SERVER-CONTROL:CAN-SKIP-UNTIL=24')
  if (skip > 0) lines.push(`#EXT-X-SKIP:SKIPPED-SEGMENTS=${skip}`)
  let clock = 0
  for (const [number, segment] of made.slice(0, to).entries()) {
    clock += segment.ms
    const listed = number >= from + skip
    // Tags that go on are listed with the first segment of a whole playlist, also those of removed segments.
    const goesOn = listed || skip === 0
    if (listed && segment.discontinuity) lines.push('#EXT-X-DISCONTINUITY')
    if (goesOn && segment.keys) lines.push(...segment.keys)
    if (goesOn && segment.map !== undefined) lines.push(`#EXT-X-MAP:URI="${segment.map}.mp4"`)
    if (goesOn && segment.bitrate !== undefined) lines.push(`#EXT-X-BITRATE:${segment.bitrate}`)
    if (!listed) continue
    if (segment.gap) lines.push('#EXT-X-GAP')
    if (segment.dated) lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(clock).toISOString()}`)
    const before = made[number - 1]
    const continues = before?.range !== undefined && number > from
    if (segment.range !== undefined) lines.push(`#EXT-X-BYTERANGE:${segment.range}${continues ? '' : `@${number * 10}`}`)
    lines.push(`#EXTINF:${segment.ms / 1000},`, segment.range === undefined ? `${number}.m4s` : 'all.m4s')
  }
  lines.push(...dates, '#EXT-X-PART-INF:PART-TARGET=1', `#EXT-X-PART:DURATION=0.5,URI="${to}.0.m4s"`)
  lines.push(`#EXT-X-PRELOAD-HINT:TYPE=PART,URI="${to}.1.m4s"`)
  return lines.join('\n')
}

describe('a delta update and the playlist before', () => {
  test('are the whole playlist, at every step of any live stream', () => {
    const steps = fc.array(fc.record({ grows: fc.nat(4), loses: fc.nat(3), skips: fc.nat(12), whole: fc.nat(9) }), { maxLength: 12 })
    fc.assert(
      fc.property(fc.array(anySegment, { minLength: 60, maxLength: 60 }), fc.boolean(), steps, (any, ranged, moves) => {
        // A bit rate is nothing that a byte range keeps (4.4.4.8): no stream has both.
        const made = any.map((segment) => ({ ...segment, ...(ranged ? { bitrate: undefined } : { range: undefined }) }))
        let [from, to] = [0, 10]
        let known = read(print(made, { from, to, dates: [] }))
        for (const { grows, loses, skips, whole } of moves) {
          const known_to = to
          to += grows
          from = Math.min(from + loses, to - 1)
          const text = { from, to, dates: [`#EXT-X-DATERANGE:ID="${to}",START-DATE="1970-01-01T00:00:01Z"`] }
          const expected = read(print(made, text))
          const skip = Math.min(skips, known_to - from)
          // What this server does with ranges across the beginning of a list is its own matter, not the delta's.
          known = whole === 0 || skip <= 0 ? expected : merge(known, read(print(made, { ...text, skip })))
          const plain = ({ segments }: ReadMediaPlaylist) =>
            segments.map(({ byteRange, ...rest }) => ({ ...rest, length: byteRange?.length }))
          expect(plain(known)).toEqual(plain(expected))
          expect({ ...known, segments: [] }).toEqual({ ...expected, segments: [] })
        }
      }),
      { numRuns: 150 },
    )
  })

  test('a range that counts on from one that was left out', () => {
    const head = '#EXTM3U\n#EXT-X-TARGETDURATION:4\n'
    const lines = [
      '#EXT-X-BYTERANGE:5@100\n#EXTINF:4,\na.mp4\n',
      '#EXT-X-BYTERANGE:6\n#EXTINF:4,\na.mp4\n',
      '#EXT-X-BYTERANGE:7\n#EXTINF:4,\na.mp4\n',
    ]
    const delta = read(`${head}#EXT-X-SKIP:SKIPPED-SEGMENTS=1\n${lines.slice(1).join('')}`)
    expect(merge(read(head + lines.slice(0, 2).join('')), delta)).toEqual(read(head + lines.join('')))
  })

  const list = (from: number, count: number, more = ''): string =>
    `#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:${from}\n${more}${Array.from({ length: count }, (_, i) => `#EXTINF:4,\n${i}.ts\n`).join('')}`

  test.each([
    [
      'more than is known',
      list(0, 10),
      list(5, 1, '#EXT-X-SKIP:SKIPPED-SEGMENTS=6\n'),
      /leaves out segments up to 10, the playlist before ends before 10/,
    ],
    ['what went before', list(5, 10), list(4, 1, '#EXT-X-SKIP:SKIPPED-SEGMENTS=6\n'), /begins with segment 4, the playlist before with 5/],
    ['onto a delta update', list(5, 1, '#EXT-X-SKIP:SKIPPED-SEGMENTS=6\n'), list(5, 1, '#EXT-X-SKIP:SKIPPED-SEGMENTS=6\n'), /not merged/],
    ['after a long absence', list(0, 10), list(50, 1, '#EXT-X-SKIP:SKIPPED-SEGMENTS=6\n'), /leaves out/],
  ])('that do not fit: %s', (_, previous, delta, reason) => {
    const merged = mergeDelta(read(previous), read(delta))
    expect('reason' in merged && merged.reason).toMatch(reason)
  })

  test('a whole playlist is its own answer', () => {
    const whole = read(list(3, 2))
    expect(mergeDelta(read(list(0, 2)), whole)).toEqual({ playlist: whole })
  })

  test('date ranges: removed, added, told more about, or not left out at all', () => {
    const range = (id: string, more: string): string => `#EXT-X-DATERANGE:ID="${id}",${more}\n`
    const start = 'START-DATE="2026-01-01T00:00:00Z",CLASS="c",X-A="1"'
    const before = read(list(0, 10, range('a', start) + range('b', start) + range('c', start)))
    const removed = '#EXT-X-SKIP:SKIPPED-SEGMENTS=5,RECENTLY-REMOVED-DATERANGES="a\tx"\n'
    const delta = read(list(2, 5, removed + range('b', 'DURATION=3,X-A="2",X-B=0x0a') + range('d', start) + range('lost', 'DURATION=1')))
    const { dateRanges } = merge(before, delta)
    expect(dateRanges.map(({ id, durationSeconds, attributes }) => [id, durationSeconds, attributes])).toEqual([
      ['b', 3, { 'X-A': '1', 'X-B': Uint8Array.of(10) }],
      ['c', undefined, { 'X-A': '1' }],
      ['d', undefined, { 'X-A': '1' }],
    ])
    expect(merge(before, read(list(2, 5, `#EXT-X-SKIP:SKIPPED-SEGMENTS=5\n${range('d', start)}`))).dateRanges.map(({ id }) => id)).toEqual([
      'd',
    ])
  })

  test('the tag of the first discontinuity may be counted instead', () => {
    const tagged = '#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n0\n#EXT-X-DISCONTINUITY\n#EXTINF:4,\n1\n#EXTINF:4,\n2\n'
    const delta =
      '#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:1\n#EXT-X-DISCONTINUITY-SEQUENCE:1\n#EXT-X-SKIP:SKIPPED-SEGMENTS=1\n#EXTINF:4,\n2\n'
    expect(merge(read(tagged), read(delta)).segments.map(({ discontinuityNumber }) => discontinuityNumber)).toEqual([1, 1])
  })

  test('what it was made of is as it was', () => {
    const [previous, delta] = [read(list(0, 10)), read(list(2, 5, '#EXT-X-SKIP:SKIPPED-SEGMENTS=5\n'))]
    const copies = structuredClone([previous, delta])
    merge(previous, delta)
    expect([previous, delta]).toEqual(copies)
  })
})
