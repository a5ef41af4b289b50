/** What RFC 8216bis has beyond lists of segments: keys, parts, date ranges, variables, renditions of all types; and the same printed. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MediaError } from '../errors.ts'
import type { MediaPlaylist, MultivariantPlaylist } from './model.ts'
import { printMedia } from './print-media.ts'
import { printMultivariant } from './print-multivariant.ts'
import { readAttributes, readDate, readHex } from './read-attributes.ts'
import type { ReadOptions } from './read-model.ts'
import { readPlaylist } from './read.ts'

function media(text: string, options?: ReadOptions) {
  const read = readPlaylist(text.startsWith('#EXTM3U') ? text : `#EXTM3U\n#EXT-X-TARGETDURATION:4\n${text}`, options)
  if (read.kind !== 'media') throw new Error('not a media playlist')
  return read
}

function multivariant(text: string) {
  const read = readPlaylist(`#EXTM3U\n${text}`)
  if (read.kind !== 'multivariant') throw new Error('not a multivariant playlist')
  return read
}

const SEGMENT = '#EXTINF:4,\ns.ts\n'

describe('keys', () => {
  test('apply until the next of their KEYFORMAT, or NONE, to segments and to maps that follow', () => {
    const { playlist, warnings } = media(
      [
        SEGMENT,
        '#EXT-X-KEY:METHOD=AES-128,URI="a",IV=0x1',
        '#EXT-X-MAP:URI="m.mp4"',
        SEGMENT,
        '#EXT-X-KEY:METHOD=SAMPLE-AES,URI="b",KEYFORMAT="com.example",KEYFORMATVERSIONS="1/3"',
        SEGMENT,
        '#EXT-X-KEY:METHOD=aes-128,URI=c',
        SEGMENT,
        '#EXT-X-KEY:METHOD=NONE',
        SEGMENT,
      ].join('\n'),
    )
    expect(warnings).toEqual([])
    expect(playlist.segments.map(({ keys }) => keys?.map(({ uri }) => uri))).toEqual([undefined, ['a'], ['a', 'b'], ['b', 'c'], []])
    expect(playlist.segments[1]?.keys?.[0]?.iv).toEqual(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1))
    expect(playlist.segments[2]?.keys?.[1]).toEqual({ method: 'SAMPLE-AES', uri: 'b', keyFormat: 'com.example', keyFormatVersions: [1, 3] })
    // The map keeps the keys that counted where it stood.
    expect(playlist.segments.map(({ map }) => map?.keys?.map(({ uri }) => uri))).toEqual([undefined, ['a'], ['a'], ['a'], ['a']])
  })

  test('that cannot be read are said', () => {
    const { warnings } = media(`#EXT-X-KEY:METHOD=AES-128\n#EXT-X-KEY:METHOD=AES-128,URI="k",IV=0x${'f'.repeat(33)}\n${SEGMENT}`)
    expect(warnings).toEqual([
      expect.stringContaining('line 3: EXT-X-KEY without METHOD or URI'),
      expect.stringContaining('line 4: IV is not'),
    ])
  })
})

test('a low-latency playlist', () => {
  const { playlist, warnings } =
    media(`#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.0,CAN-SKIP-UNTIL=24,HOLD-BACK=12,CAN-SKIP-DATERANGES=YES
#EXT-X-PART-INF:PART-TARGET=0.33334
#EXT-X-MEDIA-SEQUENCE:266
#EXT-X-PROGRAM-DATE-TIME:2019-02-14T02:13:36.106Z
#EXT-X-PART:DURATION=0.33334,URI="p.mp4",BYTERANGE="10@5",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.33334,URI="p.mp4",BYTERANGE="20"
#EXT-X-PART:DURATION=0.3,URI="q.mp4",GAP=yes
#EXTINF:1.00004,
266.mp4
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="b.mp4"
#EXT-X-PART:DURATION=0.33334,URI="267.0.mp4"
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="267.1.mp4",BYTERANGE-START=9
#EXT-X-PRELOAD-HINT:TYPE=MAP,URI="m.mp4",BYTERANGE-LENGTH=7
#EXT-X-RENDITION-REPORT:URI="../1M/w.php",LAST-MSN=267,LAST-PART=0
#EXT-X-RENDITION-REPORT:URI="../4M/w.php"`)
  expect(warnings).toEqual([])
  expect(playlist).toMatchObject({
    serverControl: { canBlockReload: true, partHoldBackSeconds: 1, canSkipUntilSeconds: 24, holdBackSeconds: 12, canSkipDateRanges: true },
    partTargetSeconds: 0.33334,
    preloadHints: [
      { type: 'PART', uri: '267.1.mp4', offset: 9 },
      { type: 'MAP', uri: 'm.mp4', length: 7 },
    ],
    renditionReports: [{ uri: '../1M/w.php', lastNumber: 267, lastPart: 0 }, { uri: '../4M/w.php' }],
    durationSeconds: 1.00004,
  })
  expect(playlist.segments[0]?.parts).toEqual([
    { uri: 'p.mp4', durationSeconds: 0.33334, byteRange: { offset: 5, length: 10 }, independent: true },
    { uri: 'p.mp4', durationSeconds: 0.33334, byteRange: { offset: 15, length: 20 } },
    { uri: 'q.mp4', durationSeconds: 0.3, gap: true },
  ])
  expect(playlist.open).toEqual({
    parts: [{ uri: '267.0.mp4', durationSeconds: 0.33334 }],
    discontinuity: true,
    map: { uri: 'b.mp4' },
    number: 267,
    discontinuityNumber: 1,
    startSeconds: 1.00004,
    dateTimeMs: Date.UTC(2019, 1, 14, 2, 13, 36, 106) + 1000.04,
  })
})

test('wall-clock time is counted on from the tag before, and back from the first', () => {
  const { playlist } = media(
    `${SEGMENT}#EXTINF:2,\nb\n#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:01:00Z\n${SEGMENT}${SEGMENT}#EXT-X-PROGRAM-DATE-TIME:1970-01-01T01:00:00+0100\n#EXT-X-DISCONTINUITY\n${SEGMENT}${SEGMENT}`,
  )
  expect(playlist.segments.map(({ dateTimeMs }) => dateTimeMs)).toEqual([54_000, 58_000, 60_000, 64_000, 0, 4000])
  expect(playlist.segments.map(({ programDateTimeMs }) => programDateTimeMs)).toEqual([
    undefined,
    undefined,
    60_000,
    undefined,
    0,
    undefined,
  ])
})

test.each([
  ['2010-02-19T14:54:23.031+08:00', '2010-02-19T06:54:23.031Z'],
  ['2010-02-19T14:54:23.031+0800', '2010-02-19T06:54:23.031Z'],
  ['2010-02-19T14:54:23Z', '2010-02-19T14:54:23.000Z'],
  ['2010-02-19T14:54:23.5', '2010-02-19T14:54:23.500Z'],
  ['2010-02-19 14:54:23', '2010-02-19T14:54:23.000Z'],
  ['2010-02-19', '2010-02-19T00:00:00.000Z'],
])('the date %s', (text, expected) => {
  expect(new Date(readDate(text) ?? Number.NaN).toISOString()).toBe(expected)
})

test('EXT-X-BITRATE goes on to the next, and not to byte ranges', () => {
  const { playlist } = media(
    `${SEGMENT}#EXT-X-BITRATE:100\n${SEGMENT}#EXT-X-BYTERANGE:5@0\n${SEGMENT}${SEGMENT}#EXT-X-BITRATE:200\n${SEGMENT}`,
  )
  expect(playlist.segments.map(({ bitrateBps }) => bitrateBps)).toEqual([undefined, 100_000, undefined, 100_000, 200_000])
})

test('date ranges: SCTE-35, attributes of their own, told in several tags, ended by the next', () => {
  const { playlist, warnings } = media(`#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00Z
${SEGMENT}#EXT-X-DATERANGE:ID="ad",START-DATE="2026-01-01T00:00:10Z",PLANNED-DURATION=59.993,SCTE35-OUT=0xFC002F
#EXT-X-DATERANGE:ID="ad",DURATION=59.9,SCTE35-IN=0xFC,START-DATE="1999-01-01T00:00:00Z"
#EXT-X-DATERANGE:ID="x",CLASS="c",START-DATE="2026-01-01T00:00:00Z",END-ON-NEXT=YES,X-A="q,1",X-B=-1.5,X-C=0x0f,X-D="0x0f",CUE="PRE,ONCE"
#EXT-X-DATERANGE:ID="z",CLASS="c",START-DATE="2026-01-01T00:02:00Z",END-ON-NEXT=YES
#EXT-X-DATERANGE:ID="y",CLASS="c",START-DATE="2026-01-01T00:01:00Z",END-DATE="2026-01-01T00:01:01Z"
#EXT-X-DATERANGE:START-DATE="2026-01-01T00:01:00Z"
#EXT-X-DATERANGE:ID="nowhere"`)
  const start = Date.UTC(2026, 0, 1)
  expect(playlist.dateRanges).toEqual([
    {
      id: 'ad',
      startMs: start + 10_000,
      plannedDurationSeconds: 59.993,
      durationSeconds: 59.9,
      endsMs: start + 69_900,
      attributes: { 'SCTE35-OUT': Uint8Array.of(0xfc, 0, 0x2f), 'SCTE35-IN': Uint8Array.of(0xfc) },
    },
    {
      ...{ id: 'x', class: 'c', startMs: start, endOnNext: true, endsMs: start + 60_000, cue: ['PRE', 'ONCE'] },
      attributes: { 'X-A': 'q,1', 'X-B': -1.5, 'X-C': Uint8Array.of(15), 'X-D': '0x0f' },
    },
    { id: 'z', class: 'c', startMs: start + 120_000, endOnNext: true },
    { id: 'y', class: 'c', startMs: start + 60_000, endMs: start + 61_000, endsMs: start + 61_000 },
  ])
  expect(warnings).toEqual(['line 11: EXT-X-DATERANGE without ID is ignored'])
})

describe('variables', () => {
  const text = '#EXT-X-DEFINE:NAME="host",VALUE="h.example"\n#EXT-X-DEFINE:IMPORT="token"\n#EXT-X-DEFINE:QUERYPARAM="q"\n'
  const options = { url: 'https://a/b.m3u8?x=1&q=a%20b+c#q=no', variables: new Map([['token', 'T']]) }

  test('are declared, imported, taken from the address, and put where they stand', () => {
    const { playlist, warnings } = media(`${text}#EXT-X-MAP:URI="//{$host}/{$token}"\n#EXTINF:4,{$host}\n{$q}/{$token}{$host}.ts`, options)
    expect(warnings).toEqual([])
    expect(playlist.segments[0]).toMatchObject({ uri: 'a b+c/Th.example.ts', map: { uri: '//h.example/T' }, title: '{$host}' })
  })

  test('that are not there stay as written, and are said', () => {
    const { playlist, warnings } = media(`${text}#EXT-X-DEFINE:NAME="host",VALUE="2"\n#EXTINF:4,\n{$token}/{$host}`)
    expect(playlist.segments[0]?.uri).toBe('{$token}/h.example')
    expect(warnings).toHaveLength(4)
  })

  test('of the multivariant playlist are given to its media playlists', () => {
    const { playlist } = multivariant('#EXT-X-DEFINE:NAME="a",VALUE="1"\n#EXT-X-STREAM-INF:BANDWIDTH=1,NAME="{$a}"\n{$a}.m3u8')
    expect(playlist.variants).toEqual([{ uri: '1.m3u8', bandwidthBps: 1, codecs: [], name: '1' }])
    expect(media(`#EXT-X-DEFINE:IMPORT="a"\n#EXTINF:4,\n{$a}.ts`, { variables: playlist.variables }).playlist.segments[0]?.uri).toBe('1.ts')
  })

  test('cannot make a small playlist endless', () => {
    const lines = Array.from({ length: 60 }, (_, i) => `#EXT-X-DEFINE:NAME="v${i}",VALUE="${i === 0 ? 'xx' : `{$v${i - 1}}{$v${i - 1}}`}"`)
    expect(() => media(`${lines.join('\n')}\n${SEGMENT}`)).toThrow(MediaError)
  })
})

const everything: MultivariantPlaylist = {
  variants: [
    {
      ...{ uri: 'v.m3u8', bandwidthBps: 5, averageBandwidthBps: 4, score: 1.5, codecs: ['hvc1.2.4.L153.b0', 'mp4a.40.2'] },
      ...{ supplementalCodecs: ['dvh1.08.07/db4h'], resolution: { width: 2, height: 4 }, videoRange: 'HLG', hdcpLevel: 'TYPE-1' },
      ...{
        allowedCpc: ['com.example.drm1:SMART-TV/PC'],
        requiredVideoLayout: ['CH-STEREO/PROJ-HEQU', 'CH-MONO'],
        pathwayId: 'P',
        stableId: 'S',
      },
      ...{ name: 'N', videoGroup: 'vid', audioGroup: 'aud', subtitlesGroup: 'sub', closedCaptionsGroup: 'cc', frameRate: 59.94 },
    },
    { uri: 'w.m3u8', bandwidthBps: 3, codecs: [], closedCaptionsGroup: null },
  ],
  iframeVariants: [{ uri: 'i.m3u8', bandwidthBps: 1, codecs: ['avc1'], score: 2 }],
  audio: [
    {
      ...{ groupId: 'aud', name: 'A', uri: 'a.m3u8', language: 'en', assocLanguage: 'fr', default: true, autoselect: true, channels: 16 },
      ...{ audioCoding: ['JOC'], audioUsage: ['BINAURAL', 'BED-4'], bitDepth: 24, sampleRateHz: 48_000, stableId: 's' },
      characteristics: ['public.accessibility.describes-video', 'private'],
    },
    { groupId: 'aud', name: 'B', channels: 2, audioUsage: ['DOWNMIX'] },
  ],
  video: [{ groupId: 'vid', name: 'V', uri: 'v2.m3u8', instreamId: 'x.1' }],
  subtitles: [{ groupId: 'sub', name: 'S', uri: 's.m3u8', forced: true }],
  closedCaptions: [{ groupId: 'cc', name: 'C', instreamId: 'SERVICE3' }],
  start: { offsetSeconds: -3.5, precise: true },
  sessionData: [
    { id: 'a', value: '1', language: 'en' },
    { id: 'b', uri: 'b.bin', format: 'RAW' },
  ],
  sessionKeys: [{ method: 'SAMPLE-AES', uri: 'skd://k', keyFormat: 'com.apple.streamingkeydelivery', keyFormatVersions: [1] }],
  contentSteering: { serverUri: '/s', pathwayId: 'P' },
  independentSegments: true,
}

test('a multivariant playlist with everything is printed and read as it was', () => {
  const text = printMultivariant(everything)
  const { playlist, warnings } = multivariant(text)
  expect(warnings).toEqual([])
  expect(playlist).toMatchObject(everything)
  expect(playlist.version).toBe(13)
  expect(printMultivariant(playlist)).toBe(text)
})

describe('what the wild sends', () => {
  test('small booleans and types, no quotes, tabs, a list of television channels', () => {
    const { playlist, warnings } = multivariant(
      '#EXT-X-MEDIA:TYPE=audio,GROUP-ID=a,\tNAME=n , DEFAULT=yes,URI=u\n#EXT-X-STREAM-INF:\tBANDWIDTH=1 ,VIDEO-RANGE=pq,CLOSED-CAPTIONS=NONE\nv',
    )
    expect(playlist.audio).toEqual([{ groupId: 'a', name: 'n', default: true, autoselect: false, uri: 'u' }])
    expect(playlist.variants).toEqual([{ uri: 'v', bandwidthBps: 1, codecs: [], videoRange: 'PQ', closedCaptionsGroup: null }])
    expect(warnings).toEqual([])
    const channels = media(
      '#EXTM3U x-tvg-url="http://x"\r#EXTINF:-1 tvg-id="a",One\rhttp://one\r#EXTINF:10 group-title="b",Two\rhttp://two',
    )
    expect(channels.playlist.segments.map(({ uri, title, durationSeconds }) => [uri, title, durationSeconds])).toEqual([
      ['http://one', 'One', 0],
      ['http://two', 'Two', 10],
    ])
  })

  test('no #EXTM3U; pages of HTML are refused by name', () => {
    expect(readPlaylist(`#EXT-X-TARGETDURATION:4\n${SEGMENT}`).warnings).toEqual(['the first line is not #EXTM3U'])
    for (const text of ['<!DOCTYPE html>\n#EXTINF:4,\na', '  <html>', '<?xml version="1.0"?><MPD>']) {
      expect(() => readPlaylist(text)).toThrow(/HTML or XML/)
    }
  })

  test('variants of a range that nobody knows are not for this client', () => {
    const { playlist, warnings } = multivariant('#EXT-X-STREAM-INF:BANDWIDTH=1,VIDEO-RANGE=XYZ\na\n#EXT-X-STREAM-INF:BANDWIDTH=1\nb')
    expect(playlist.variants.map(({ uri }) => uri)).toEqual(['b'])
    expect(warnings).toHaveLength(1)
  })

  test('media tags decide when both kinds are in one', () => {
    expect(media(`#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="b"\n${SEGMENT}`).playlist.segments).toHaveLength(1)
  })

  // Each of these took time by the square of its length once, or would have: that is hours.
  test.each([
    ['a date', `#EXT-X-PROGRAM-DATE-TIME:${'T'.repeat(1_000_000)}\n`],
    ['attributes', `#EXT-X-MAP:${'a='.repeat(500_000)}\n`],
    ['quotes and commas', `#EXT-X-MAP:${'",'.repeat(500_000)}\n`],
    ['variables', `#EXT-X-DEFINE:NAME="a",VALUE=""\n#EXT-X-MAP:URI="${'{$a'.repeat(300_000)}"\n`],
    ['declarations', '#EXT-X-DEFINE:QUERYPARAM="q"\n'.repeat(50_000)],
  ])('a playlist of endless %s is read', (_, line) => {
    const url = `https://a/?${'x=1&'.repeat(5000)}`
    expect(media(line + SEGMENT, { url }).playlist.segments).toHaveLength(1)
  })

  test('too much of anything is refused', () => {
    expect(() => media('#EXT-X-PART:URI="a",DURATION=1\n'.repeat(200_001))).toThrow(/parts/)
    expect(() => media(`#${'x'.repeat(2 ** 20)}`)).toThrow(/line 3/)
    expect(media(`#EXT-X-SKIP:SKIPPED-SEGMENTS=99999999\n${SEGMENT}`).playlist).not.toHaveProperty('skip')
    const keys = Array.from({ length: 40 }, (_, i) => `#EXT-X-KEY:METHOD=SAMPLE-AES,URI="k",KEYFORMAT="${i}"\n`)
    expect(media(keys.join('') + SEGMENT).playlist.segments[0]?.keys).toHaveLength(16)
  })

  test.each([
    ['0x', undefined],
    ['12', undefined],
    ['0X0aFF', [10, 255]],
    ['0xabc', [10, 188]],
  ])('the number %s', (text, expected) => {
    expect(readHex(text)).toEqual(expected && Uint8Array.from(expected))
  })

  test('quotes are told from none', () => {
    const quoted = new Set<string>()
    readAttributes('A=1,B="2",A="3",C=""', quoted)
    expect([...quoted]).toEqual(['B', 'C'])
  })
})

describe('what is printed is read as it was', () => {
  const seconds = fc.integer({ min: 1, max: 9_000_000 }).map((us) => us / 1e6)
  const text = fc.stringMatching(/^[ -!#-~]{1,8}$/).map((value) => `t${value.trim()}`)
  const uri = fc.webPath().map((path) => `s${path}`)
  const byteRange = fc.record({ offset: fc.nat(1e9), length: fc.integer({ min: 1, max: 1e9 }) })
  const yes = fc.constant(true)
  const bytes = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((array) => Uint8Array.from(array))
  const key = fc.record(
    { method: fc.constantFrom('AES-128', 'SAMPLE-AES'), uri, iv: bytes, keyFormatVersions: fc.constant<number[]>([1, 2]) },
    { requiredKeys: ['method', 'uri'] },
  )
  const keys = fc.oneof(
    key.map((one) => [{ ...one, keyFormat: 'identity' }]),
    fc.tuple(key, key).map(([one, other]) => [
      { ...one, keyFormat: 'identity' },
      { ...other, keyFormat: 'com.example' },
    ]),
  )
  const map = fc.record({ uri, byteRange, keys }, { requiredKeys: ['uri'] })
  const part = fc.record(
    { uri, durationSeconds: seconds, byteRange, independent: yes, gap: yes },
    { requiredKeys: ['uri', 'durationSeconds'] },
  )
  const date = fc.integer({ min: 0, max: 4e12 })
  const tags = { discontinuity: yes, gap: yes, programDateTimeMs: date, keys }
  const segment = fc.record(
    { ...tags, uri, durationSeconds: seconds, title: text, byteRange, map, parts: fc.array(part, { minLength: 1, maxLength: 3 }) },
    { requiredKeys: ['uri', 'durationSeconds', 'map'] },
  )
  const range = fc.record(
    {
      ...{ class: text, startMs: date, endMs: date, durationSeconds: seconds, plannedDurationSeconds: seconds, endOnNext: yes },
      cue: fc.constantFrom<string[]>(['PRE'], ['POST', 'ONCE']),
      attributes: fc.record({ 'X-TEXT': text, 'X-NUMBER': fc.integer(), 'SCTE35-OUT': bytes }),
    },
    { requiredKeys: ['startMs'] },
  )
  const control = fc.record(
    { canBlockReload: yes, canSkipDateRanges: yes, canSkipUntilSeconds: seconds, holdBackSeconds: seconds, partHoldBackSeconds: seconds },
    { requiredKeys: [] },
  )
  const hint = fc.record(
    { type: fc.constantFrom('PART' as const, 'MAP' as const), uri, offset: fc.nat(), length: fc.nat() },
    { requiredKeys: ['type', 'uri'] },
  )
  const report = fc.record({ uri, lastNumber: fc.nat(), lastPart: fc.nat() }, { requiredKeys: ['uri'] })
  const live: fc.Arbitrary<MediaPlaylist> = fc.record(
    {
      segments: fc.array(segment, { minLength: 1, maxLength: 6 }),
      ended: fc.boolean(),
      mediaSequence: fc.nat(1e9),
      discontinuitySequence: fc.nat(1e6),
      partTargetSeconds: seconds,
      serverControl: control,
      dateRanges: fc.array(range, { maxLength: 3 }).map((ranges) => ranges.map((one, index) => ({ id: `${index}`, ...one }))),
      open: fc.record({ ...tags, map, parts: fc.array(part, { minLength: 1, maxLength: 2 }) }, { requiredKeys: ['parts', 'map'] }),
      preloadHints: fc.array(hint, { minLength: 1, maxLength: 2 }),
      renditionReports: fc.array(report, { minLength: 1, maxLength: 2 }),
    },
    { requiredKeys: ['segments', 'ended'] },
  )

  test('live playlists with keys, maps, parts and date ranges', () => {
    fc.assert(
      fc.property(live, (playlist) => {
        const printed = printMedia(playlist)
        const { playlist: read, warnings } = media(printed)
        expect(warnings).toEqual([])
        const plain = ({ segments, open, ...rest }: MediaPlaylist) => ({
          ...rest,
          // What no key applies to any more has an empty list.
          all: [...segments, ...(open ? [open] : [])].map(({ keys: own = [], map: at, ...one }) => {
            return { ...one, keys: own, map: at && { ...at, keys: at.keys ?? [] } }
          }),
        })
        expect(plain(read)).toMatchObject(plain(playlist))
        expect(printMedia(read)).toBe(printed)
      }),
      { numRuns: 300 },
    )
  })
})
