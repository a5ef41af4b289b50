/** Our printers and our reader, each judged by hls-parser in strict mode, and by each other. */
import fc from 'fast-check'
import * as HLS from 'hls-parser'
import { beforeAll, describe, expect, test } from 'vitest'
import { MediaError } from '../errors.ts'
import type { IframePlaylist, MediaPlaylist, MultivariantPlaylist } from './model.ts'
import { printIframes } from './print-iframes.ts'
import { printMedia } from './print-media.ts'
import { printMultivariant } from './print-multivariant.ts'
import { readAttributes } from './read-attributes.ts'
import { readPlaylist } from './read.ts'

beforeAll(() => HLS.setOptions({ strictMode: true }))

function media(text: string) {
  const read = readPlaylist(text)
  if (read.kind !== 'media') throw new Error('not a media playlist')
  return read
}

const growing: MediaPlaylist = {
  segments: [0, 1, 2].map((number) => ({ uri: `${number}.m4s`, durationSeconds: 96096 / 24000 })),
  map: { uri: 'init.mp4' },
  type: 'EVENT',
  start: { offsetSeconds: 0, precise: true },
  independentSegments: true,
  ended: false,
}

describe('media playlists', () => {
  test('a growing one reads like this', () => {
    expect(printMedia({ ...growing, segments: growing.segments.slice(0, 1) })).toBe(
      [
        '#EXTM3U',
        '#EXT-X-VERSION:6',
        '#EXT-X-TARGETDURATION:4',
        '#EXT-X-MEDIA-SEQUENCE:0',
        '#EXT-X-INDEPENDENT-SEGMENTS',
        '#EXT-X-PLAYLIST-TYPE:EVENT',
        '#EXT-X-START:TIME-OFFSET=0,PRECISE=YES',
        '#EXT-X-MAP:URI="init.mp4"',
        '#EXTINF:4.004,',
        '0.m4s',
        '',
      ].join('\n'),
    )
  })

  test('hls-parser in strict mode reads what is printed', () => {
    const parsed = HLS.parse(printMedia({ ...growing, ended: true, type: 'VOD' })) as HLS.types.MediaPlaylist
    expect(parsed).toMatchObject({ version: 6, targetDuration: 4, playlistType: 'VOD', endlist: true })
    expect(parsed.segments.map(({ uri, duration, map }) => [uri, duration, map?.uri])).toEqual([
      ['0.m4s', 4.004, 'init.mp4'],
      ['1.m4s', 4.004, 'init.mp4'],
      ['2.m4s', 4.004, 'init.mp4'],
    ])
  })

  test('nothing is there yet: a playlist without segments', () => {
    const { playlist, warnings } = media(printMedia({ ...growing, segments: [], targetDurationSeconds: 4 }))
    expect(playlist).toMatchObject({ segments: [], ended: false, targetDurationSeconds: 4, durationSeconds: 0 })
    expect(warnings).toEqual([])
  })

  test('the version is the least that will do', () => {
    const { map: _, ...plain } = growing
    const ranged = plain.segments.map((segment) => ({ ...segment, byteRange: { offset: 0, length: 5 } }))
    expect(media(printMedia(plain)).playlist.version).toBe(3)
    expect(media(printMedia({ ...plain, segments: ranged })).playlist.version).toBe(4)
  })

  test('durations of ten hours of sound add up', () => {
    const segments = Array.from({ length: 9000 }, (_, index) => ({ uri: `${index}.m4s`, durationSeconds: (188 * 1024) / 48000 }))
    const { playlist } = media(printMedia({ ...growing, segments }))
    expect(Math.abs(playlist.durationSeconds - (9000 * 188 * 1024) / 48000)).toBeLessThan(1e-5)
    expect(playlist.segments.at(-1)?.startSeconds).toBeCloseTo((8999 * 188 * 1024) / 48000, 4)
  })

  const anySegment = fc.record(
    {
      uri: fc.webPath().map((path) => `s${path}`),
      durationSeconds: fc.integer({ min: 1, max: 40_000_000 }).map((ticks) => ticks / 1_000_000),
      byteRange: fc.record({ offset: fc.nat(1e9), length: fc.integer({ min: 1, max: 1e9 }) }),
      discontinuity: fc.constant(true),
      programDateTimeMs: fc.integer({ min: 0, max: 4e12 }),
      gap: fc.constant(true),
    },
    { requiredKeys: ['uri', 'durationSeconds'] },
  )

  test('what is printed is read as it was', () => {
    const any = fc.record(
      {
        segments: fc.array(anySegment, { minLength: 1, maxLength: 8 }),
        ended: fc.boolean(),
        map: fc.record({ uri: fc.webUrl() }),
        mediaSequence: fc.nat(1e6),
        type: fc.constantFrom('EVENT' as const, 'VOD' as const),
        independentSegments: fc.boolean(),
        start: fc.record({ offsetSeconds: fc.integer({ min: -9000, max: 9000 }).map((ms) => ms / 1000), precise: fc.boolean() }),
      },
      { requiredKeys: ['segments', 'ended'] },
    )
    fc.assert(
      fc.property(any, (playlist) => {
        const text = printMedia(playlist)
        const read = media(text)
        expect(read.warnings).toEqual([])
        expect(read.playlist).toMatchObject(playlist)
        expect(printMedia({ ...read.playlist, targetDurationSeconds: read.playlist.targetDurationSeconds })).toBe(text)
      }),
    )
  })
})

test('an I-frame playlist: keyframes by byte range', () => {
  const playlist: IframePlaylist = {
    segments: [
      { uri: '0.m4s', durationSeconds: 2.002, byteRange: { offset: 0, length: 4209 } },
      { uri: '0.m4s', durationSeconds: 2.002, byteRange: { offset: 42978, length: 4698 } },
    ],
    map: { uri: 'init.mp4' },
    type: 'VOD',
    ended: true,
  }
  const text = printIframes(playlist)
  const parsed = HLS.parse(text) as HLS.types.MediaPlaylist
  expect(parsed).toMatchObject({ version: 5, isIFrame: true, targetDuration: 2 })
  expect(parsed.segments.map(({ byterange }) => byterange)).toEqual([
    { offset: 0, length: 4209 },
    { offset: 42978, length: 4698 },
  ])
  expect(media(text).playlist).toMatchObject({ ...playlist, iframesOnly: true })
})

const multivariant: MultivariantPlaylist = {
  independentSegments: true,
  audio: [
    { groupId: 'audio', name: 'Sound, "main"', uri: 'audio-aac/index.m3u8', language: 'en', default: true, autoselect: true, channels: 2 },
  ],
  variants: [
    {
      uri: '720p-h264/index.m3u8',
      bandwidthBps: 2_600_000.2,
      averageBandwidthBps: 2_100_000,
      codecs: ['avc1.64001f', 'mp4a.40.2'],
      resolution: { width: 1280, height: 720 },
      frameRate: 30000 / 1001,
      videoRange: 'SDR',
      audioGroup: 'audio',
    },
  ],
  iframeVariants: [
    {
      uri: '720p-h264/iframes.m3u8',
      bandwidthBps: 300_000,
      codecs: ['avc1.64001f'],
      resolution: { width: 1280, height: 720 },
      videoRange: 'SDR',
    },
  ],
}

describe('multivariant playlists', () => {
  const text = printMultivariant(multivariant)

  test('one reads like this', () => {
    expect(text).toBe(
      [
        '#EXTM3U',
        '#EXT-X-VERSION:6',
        '#EXT-X-INDEPENDENT-SEGMENTS',
        `#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="Sound, ”main”",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="audio-aac/index.m3u8"`,
        '#EXT-X-STREAM-INF:BANDWIDTH=2600001,AVERAGE-BANDWIDTH=2100000,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=1280x720,VIDEO-RANGE=SDR,FRAME-RATE=29.970,AUDIO="audio"',
        '720p-h264/index.m3u8',
        '#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=300000,CODECS="avc1.64001f",RESOLUTION=1280x720,VIDEO-RANGE=SDR,URI="720p-h264/iframes.m3u8"',
        '',
      ].join('\n'),
    )
  })

  test('hls-parser in strict mode reads it', () => {
    const parsed = HLS.parse(text) as HLS.types.MasterPlaylist
    expect(parsed.independentSegments).toBe(true)
    expect(parsed.variants.map(({ uri, isIFrameOnly }) => [uri, isIFrameOnly])).toEqual([
      ['720p-h264/index.m3u8', false],
      ['720p-h264/iframes.m3u8', true],
    ])
    expect(parsed.variants[0]).toMatchObject({ bandwidth: 2600001, frameRate: 29.97, resolution: { width: 1280, height: 720 } })
    expect(parsed.variants[0]?.audio[0]).toMatchObject({ groupId: 'audio', isDefault: true, channels: '2' })
  })

  test('our reader reads it', () => {
    const read = readPlaylist(text)
    expect(read.warnings).toEqual([])
    const [variant] = multivariant.variants
    expect(read).toMatchObject({
      kind: 'multivariant',
      playlist: {
        ...multivariant,
        version: 6,
        audio: [{ ...multivariant.audio?.[0], name: 'Sound, ”main”' }],
        variants: [{ ...variant, bandwidthBps: 2_600_001, frameRate: 29.97 }],
      },
    })
  })
})

describe('the reader takes what it meets', () => {
  test('BOM, CRLF, comments, blank lines, unknown tags, no line feed at the end', () => {
    const lines = [
      '#EXTM3U',
      '#EXT-X-TARGETDURATION:6',
      '',
      '# by hand',
      '#EXT-X-UNHEARD-OF:A=1',
      '#EXTINF:5.5,A title',
      'a.ts',
      '#EXTINF:6',
      'b.ts',
    ]
    const { playlist, warnings } = media(`\uFEFF${lines.join('\r\n')}`)
    expect(warnings).toEqual([])
    expect(playlist.segments.map(({ uri, durationSeconds, startSeconds, number }) => [uri, durationSeconds, startSeconds, number])).toEqual(
      [
        ['a.ts', 5.5, 0, 0],
        ['b.ts', 6, 5.5, 1],
      ],
    )
  })

  test('byte ranges that continue, maps that change, discontinuities, gaps, wall-clock time', () => {
    const { playlist, warnings } = media(`#EXTM3U
#EXT-X-TARGETDURATION:4
#EXT-X-MEDIA-SEQUENCE:7
#EXT-X-DISCONTINUITY-SEQUENCE:2
#EXT-X-MAP:URI="a.mp4",BYTERANGE="700@0"
#EXT-X-PROGRAM-DATE-TIME:2026-01-02T03:04:05.678Z
#EXTINF:4,
#EXT-X-BYTERANGE:1000@700
a.mp4
#EXTINF:4,
#EXT-X-BYTERANGE:500
a.mp4
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="b.mp4"
#EXT-X-GAP
#EXTINF:4,
b.m4s
#EXTINF:4,
#EXT-X-BYTERANGE:9
c.m4s
#EXT-X-ENDLIST`)
    const [a, b, c, d] = playlist.segments
    expect(a).toMatchObject({
      number: 7,
      discontinuityNumber: 2,
      byteRange: { offset: 700, length: 1000 },
      programDateTimeMs: 1767323045678,
    })
    expect(a?.map).toEqual({ uri: 'a.mp4', byteRange: { offset: 0, length: 700 } })
    expect(b).toMatchObject({ number: 8, byteRange: { offset: 1700, length: 500 } })
    expect(b).not.toHaveProperty('programDateTimeMs')
    expect(c).toMatchObject({ number: 9, discontinuityNumber: 3, discontinuity: true, gap: true, map: { uri: 'b.mp4' } })
    expect(d).toMatchObject({ number: 10, discontinuityNumber: 3, byteRange: { offset: 0, length: 9 } })
    expect(playlist).toMatchObject({ ended: true, durationSeconds: 16 })
    expect(warnings).toEqual(['line 20: EXT-X-BYTERANGE has no offset and nothing to follow; 0 is taken'])
  })

  test('what is broken is said, and the rest is read', () => {
    const { playlist, warnings } = media('#EXTM3U\n#EXTINF:x,\na.ts\nb.ts\n#EXT-X-KEY:METHOD=AES-128,URI="k"\n#EXTINF:3,\nc.ts\n#EXTINF:3,')
    expect(playlist.segments.map(({ uri }) => uri)).toEqual(['a.ts', 'b.ts', 'c.ts'])
    expect(playlist.targetDurationSeconds).toBe(3)
    expect(warnings).toHaveLength(4)
    const read = readPlaylist(
      '#EXTM3U\n#EXT-X-STREAM-INF:CODECS="a"\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv.m3u8\nstray.m3u8\n#EXT-X-MEDIA:TYPE=AUDIO',
    )
    expect(read.kind === 'multivariant' && read.playlist.variants).toEqual([{ uri: 'v.m3u8', bandwidthBps: 1, codecs: [] }])
    expect(read.warnings).toHaveLength(3)
  })

  test.each([
    ['A=1,B="x,y=z",C=-2', { A: '1', B: 'x,y=z', C: '-2' }],
    [' A = 1 , B = "q" ,C=', { A: '1', B: 'q', C: '' }],
    ['A="never closed,B=2', { A: 'never closed,B=2' }],
    ['LONE,A=1,,B=2', { A: '1', B: '2' }],
    ['A="x"junk,B=2', { A: 'x', B: '2' }],
    ['A=1,A=2', { A: '1' }],
    ['', {}],
  ])('attribute list %s', (text, expected) => {
    expect(Object.fromEntries(readAttributes(text))).toEqual(expected)
  })

  test('no playlist, or too large a one, is an error', () => {
    for (const text of ['', '<html>', 'EXTM3U', '#EXTM3U8\n', ' #EXT']) expect(() => readPlaylist(text)).toThrow(MediaError)
    expect(() => readPlaylist(`#EXTM3U\n${'#'.repeat(17 * 1024 * 1024)}`)).toThrow(/characters/)
    expect(() => readPlaylist(`#EXTM3U\n${'a\n'.repeat(200_001)}`)).toThrow(/segments/)
    expect(() => readPlaylist(`#EXTM3U\n${'#EXT-X-STREAM-INF:BANDWIDTH=1\na\n'.repeat(1001)}`)).toThrow(/entries/)
  })

  test('any text is a playlist or a MediaError', () => {
    const line = fc.oneof(
      fc.string(),
      fc.constantFrom(
        '#EXTINF:4,',
        '#EXT-X-MAP:',
        '#EXT-X-BYTERANGE:5',
        '#EXT-X-STREAM-INF:A="',
        '#constructor:1',
        '#EXT__proto__:1',
        'uri',
      ),
      fc
        .tuple(fc.constantFrom('#EXTINF:', '#EXT-X-MAP:', '#EXT-X-START:', '#EXT-X-MEDIA:', '#EXT-X-KEY:'), fc.string())
        .map((pair) => pair.join('')),
    )
    fc.assert(
      fc.property(fc.array(line, { maxLength: 20 }), (lines) => {
        const read = readPlaylist(['#EXTM3U', ...lines].join('\n'))
        expect(Array.isArray(read.warnings)).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })
})
