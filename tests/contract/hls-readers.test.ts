/**
 * Our playlist reader beside hls-parser and m3u8-parser on the same texts: FFmpeg's, our own printer's, and examples in the
 * manner of RFC 8216bis and of players' test streams. What all understand must be the same; what a peer gets wrong is named.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import * as HLS from 'hls-parser'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkPlaylist } from '../../media/hls/check/check-playlist.ts'
import { printMedia } from '../../media/hls/print-media.ts'
import { printMultivariant } from '../../media/hls/print-multivariant.ts'
import { readPlaylist } from '../../media/hls/read.ts'

/** As far as it is used here: m3u8-parser has no types. */
interface Manifest {
  version?: number
  targetDuration?: number
  mediaSequence?: number
  discontinuitySequence?: number
  endList?: boolean
  playlistType?: string
  partTargetDuration?: number
  serverControl?: Record<string, number | boolean>
  renditionReports?: Record<string, string | number>[]
  segments: Record<string, never>[]
  playlists?: { uri: string; attributes: Record<string, unknown> }[]
  mediaGroups?: Record<string, Record<string, Record<string, { default: boolean; autoselect: boolean; language?: string; uri?: string }>>>
}
const require = createRequire(import.meta.url)
const { Parser } = require('m3u8-parser') as { Parser: new () => { push(text: string): void; end(): void; manifest: Manifest } }

type Plain = Record<string, unknown>
const hex = (bytes: ArrayBuffer | Uint8Array | undefined): string | undefined => bytes && Buffer.from(bytes as Uint8Array).toString('hex')
const range = (one: { offset: number; length: number } | undefined): string | undefined => one && `${one.length}@${one.offset}`

/** What is compared, of each reader: only what it says at all. */
function ours(text: string): Plain {
  const read = readPlaylist(text)
  if (read.kind === 'multivariant') {
    const { variants, iframeVariants, audio, subtitles } = read.playlist
    return {
      variants: variants.map((one) => ({
        ...{ uri: one.uri, bandwidth: one.bandwidthBps, average: one.averageBandwidthBps, codecs: one.codecs.join(',') },
        ...{ resolution: one.resolution && `${one.resolution.width}x${one.resolution.height}`, frameRate: one.frameRate },
        ...{ audio: one.audioGroup, subtitles: one.subtitlesGroup },
      })),
      iframes: iframeVariants.map(({ uri }) => uri),
      media: [...audio.map((one) => ({ ...one, type: 'AUDIO' })), ...subtitles.map((one) => ({ ...one, type: 'SUBTITLES' }))].map(
        (one) => ({
          ...{ type: one.type, group: one.groupId, name: one.name, language: one.language, uri: one.uri },
          ...{ default: one.default, autoselect: one.autoselect },
        }),
      ),
    }
  }
  const { playlist } = read
  return {
    ...{ version: playlist.version, target: playlist.targetDurationSeconds, sequence: playlist.mediaSequence, ended: playlist.ended },
    ...{ type: playlist.type, discontinuities: playlist.discontinuitySequence, partTarget: playlist.partTargetSeconds },
    control: playlist.serverControl && [playlist.serverControl.canBlockReload, playlist.serverControl.partHoldBackSeconds],
    reports: playlist.renditionReports?.map(({ uri, lastNumber, lastPart }) => [uri, lastNumber, lastPart]),
    segments: playlist.segments.map((one) => ({
      ...{
        uri: one.uri,
        duration: one.durationSeconds,
        range: range(one.byteRange),
        map: one.map?.uri,
        mapRange: range(one.map?.byteRange),
      },
      ...{ timeline: one.discontinuityNumber, date: one.programDateTimeMs, gap: one.gap === true },
      key: one.keys?.[0] && [one.keys[0].method, one.keys[0].uri, hex(one.keys[0].iv)],
      parts: one.parts?.map((part) => [part.uri, part.durationSeconds, range(part.byteRange), part.independent === true]) ?? [],
    })),
  }
}

function hlsParser(text: string): Plain {
  const read = HLS.parse(text)
  if (read.isMasterPlaylist) {
    const variants = read.variants.filter(({ isIFrameOnly }) => !isIFrameOnly)
    const media = new Map(
      variants.flatMap(({ audio, subtitles }) =>
        [...audio, ...subtitles].map((one) => [`${one.type} ${one.groupId} ${one.name}`, one] as const),
      ),
    )
    return {
      variants: variants.map((one) => ({
        ...{ uri: one.uri, bandwidth: one.bandwidth, average: one.averageBandwidth, codecs: one.codecs ?? '' },
        ...{ resolution: one.resolution && `${one.resolution.width}x${one.resolution.height}`, frameRate: one.frameRate },
        ...{ audio: one.audio[0]?.groupId, subtitles: one.subtitles[0]?.groupId },
      })),
      iframes: read.variants.flatMap(({ isIFrameOnly, uri }) => (isIFrameOnly ? [uri] : [])),
      media: [...media.values()].map((one) => ({
        ...{ type: one.type, group: one.groupId, name: one.name, language: one.language, uri: one.uri },
        ...{ default: one.isDefault ?? false, autoselect: one.autoselect ?? false },
      })),
    }
  }
  return {
    ...{ version: read.version, target: read.targetDuration, sequence: read.mediaSequenceBase ?? 0, ended: read.endlist },
    ...{ type: read.playlistType, discontinuities: read.discontinuitySequenceBase ?? 0, partTarget: read.partTargetDuration },
    control: read.lowLatencyCompatibility && [read.lowLatencyCompatibility.canBlockReload, read.lowLatencyCompatibility.partHoldBack],
    reports:
      read.renditionReports.length > 0 ? read.renditionReports.map(({ uri, lastMSN, lastPart }) => [uri, lastMSN, lastPart]) : undefined,
    // What it makes of the parts at the end is a segment without address.
    segments: read.segments
      .filter(({ uri }) => uri)
      .map((one) => ({
        ...{ uri: one.uri, duration: one.duration, range: range(one.byterange), map: one.map?.uri, mapRange: range(one.map?.byterange) },
        ...{ timeline: one.discontinuitySequence, date: one.programDateTime?.getTime(), gap: one.gap === true },
        key: one.key && one.key.method !== 'NONE' ? [one.key.method, one.key.uri, hex(one.key.iv)] : undefined,
        parts: one.parts
          .filter(({ hint }) => !hint)
          .map((part) => [part.uri, part.duration, range(part.byterange), part.independent === true]),
      })),
  }
}

function m3u8Parser(text: string): Plain {
  const parser = new Parser()
  parser.push(text)
  parser.end()
  const { manifest } = parser
  if (manifest.playlists !== undefined && manifest.playlists.length > 0) {
    const group = (type: string): Plain[] =>
      Object.entries(manifest.mediaGroups?.[type] ?? {}).flatMap(([id, members]) =>
        Object.entries(members).map(([name, one]) => ({
          ...{ type, group: id, name, language: one.language, uri: one.uri, default: one.default, autoselect: one.autoselect },
        })),
      )
    return {
      variants: manifest.playlists.map(({ uri, attributes }) => {
        const resolution = attributes['RESOLUTION'] as { width: number; height: number } | undefined
        return {
          ...{
            uri,
            bandwidth: attributes['BANDWIDTH'],
            average: attributes['AVERAGE-BANDWIDTH'] && Number(attributes['AVERAGE-BANDWIDTH']),
          },
          ...{ codecs: attributes['CODECS'] ?? '', resolution: resolution && `${resolution.width}x${resolution.height}` },
          ...{ frameRate: attributes['FRAME-RATE'], audio: attributes['AUDIO'], subtitles: attributes['SUBTITLES'] },
        }
      }),
      media: [...group('AUDIO'), ...group('SUBTITLES')],
    }
  }
  const control = manifest.serverControl
  return {
    ...{
      version: manifest.version,
      target: manifest.targetDuration,
      sequence: manifest.mediaSequence ?? 0,
      ended: manifest.endList === true,
    },
    ...{ type: manifest.playlistType, discontinuities: manifest.discontinuitySequence ?? 0, partTarget: manifest.partTargetDuration },
    control: control && [control['canBlockReload'], control['partHoldBack']],
    reports: manifest.renditionReports?.map((one) => [one['uri'], one['lastMsn'], one['lastPart']]),
    segments: (manifest.segments as unknown as Segment[])
      .filter(({ uri }) => uri)
      .map((one) => ({
        ...{ uri: one.uri, duration: one.duration, range: range(one.byterange), map: one.map?.uri, mapRange: range(one.map?.byterange) },
        ...{
          timeline: one.timeline,
          date: one.dateTimeString === undefined ? undefined : Date.parse(one.dateTimeString),
          gap: one.gap === true,
        },
        key: one.key && [
          one.key.method,
          one.key.uri,
          one.key.iv && [...one.key.iv].map((word) => word.toString(16).padStart(8, '0')).join(''),
        ],
        parts: one.parts?.map((part) => [part.uri, part.duration, range(part.byterange), part.independent === true]) ?? [],
      })),
  }
}

interface Segment {
  uri: string
  duration: number
  timeline: number
  byterange?: { offset: number; length: number }
  map?: { uri: string; byterange?: { offset: number; length: number } }
  dateTimeString?: string
  gap?: boolean
  key?: { method: string; uri: string; iv?: Uint32Array }
  parts?: { uri: string; duration: number; byterange?: { offset: number; length: number }; independent?: boolean }[]
}

/** What a peer does not say, or says wrongly, and is not compared. The reason stands beside. */
interface Excuses {
  'hls-parser'?: string[]
  'm3u8-parser'?: string[]
}

function compare(text: string, excuses: Excuses = {}): void {
  const mine = ours(text)
  for (const [name, theirs] of [
    ['hls-parser', hlsParser(text)],
    ['m3u8-parser', m3u8Parser(text)],
  ] as const) {
    // m3u8-parser does not say which playlists are of keyframes in this shape.
    const excused = new Set([...(excuses[name] ?? []), ...(name === 'm3u8-parser' ? ['iframes'] : [])])
    const without = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(without)
      if (typeof value !== 'object' || value === null) return value
      return Object.fromEntries(
        Object.entries(value).flatMap(([key, inner]) => (excused.has(key) || inner === undefined ? [] : [[key, without(inner)]])),
      )
    }
    expect(without(theirs), name).toEqual(without(mine))
  }
}

describe('FFmpeg', () => {
  let folder = ''
  const files = new Map<string, string>()

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'sluice-hls-readers-'))
    await writeFile(path.join(folder, 'key'), Buffer.alloc(16, 7))
    await writeFile(
      path.join(folder, 'keyinfo'),
      `https://keys.example/k?a=1,2\n${path.join(folder, 'key')}\n000102030405060708090a0b0c0d0e0f\n`,
    )
    await writeFile(path.join(folder, 'sub.srt'), '1\n00:00:00,500 --> 00:00:02,000\nHello\n\n2\n00:00:03,000 --> 00:00:05,000\nWorld\n')
    const picture = ['-f', 'lavfi', '-i', 'testsrc=size=64x36:rate=10']
    const sound = ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=44100']
    const codecs = ['-t', '6', '-c:v', 'libx264', '-preset', 'ultrafast', '-g', '10', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-b:a', '32k']
    const hls = ['-f', 'hls', '-hls_time', '1']
    const run = (args: string[]): Promise<unknown> =>
      promisify(execFile)(process.env['FFMPEG_PATH'] ?? 'ffmpeg', ['-v', 'error', '-y', '-nostdin', ...args], { cwd: folder })
    await run([...picture, ...sound, ...codecs, 'source.mp4'])
    const copy = (name: string, ...args: string[]): Promise<unknown> =>
      run(['-i', 'source.mp4', '-c', 'copy', ...hls, ...args, `${name}.m3u8`])
    await copy('vod', '-hls_playlist_type', 'vod')
    await copy('event', '-hls_playlist_type', 'event', '-hls_flags', 'program_date_time+independent_segments+round_durations')
    await copy('window', '-hls_list_size', '3', '-hls_flags', 'omit_endlist')
    await copy('fmp4', '-hls_segment_type', 'fmp4', '-hls_list_size', '0', '-hls_fmp4_init_filename', 'fmp4-init.mp4')
    await copy('ranges', '-hls_flags', 'single_file', '-hls_list_size', '0')
    await copy('fmp4-ranges', '-hls_segment_type', 'fmp4', '-hls_flags', 'single_file', '-hls_list_size', '0')
    await copy('encrypted', '-hls_key_info_file', 'keyinfo', '-hls_list_size', '0')
    await run(['-i', 'source.mp4', '-an', '-c', 'copy', ...hls, '-hls_flags', 'iframes_only', '-hls_list_size', '0', 'iframes.m3u8'])
    await run([
      ...['-i', 'source.mp4', '-i', 'sub.srt', '-map', '0:v', '-map', '0:v', '-map', '0:a', '-map', '0:a', '-c', 'copy', ...hls],
      ...['-master_pl_name', 'groups.m3u8', '-var_stream_map'],
      'v:0,agroup:aud v:1,agroup:aud a:0,agroup:aud,language:en,default:yes a:1,agroup:aud,language:de',
      'groups-%v.m3u8',
    ])
    await run([
      ...['-i', 'source.mp4', '-i', 'sub.srt', '-map', '0:v', '-map', '0:a', '-map', '1:s', '-c', 'copy', '-c:s', 'webvtt', ...hls],
      ...['-master_pl_name', 'subtitled.m3u8', '-var_stream_map', 'v:0,a:0,s:0,sgroup:subs,language:en', 'subtitled-%v.m3u8'],
    ])
    for (const name of await readdir(folder)) if (name.endsWith('.m3u8')) files.set(name, await readFile(path.join(folder, name), 'utf8'))
  }, 120_000)

  afterAll(() => rm(folder, { recursive: true, force: true }))

  test('all its playlists are read alike by all three, without a warning', () => {
    expect(files.size).toBeGreaterThanOrEqual(14)
    for (const [name, text] of files) {
      expect(readPlaylist(text).warnings, name).toEqual([])
      // DEFAULT=YES without AUTOSELECT, as FFmpeg writes it: m3u8-parser takes it for both, the RFC says "absence … implies NO".
      compare(text, { 'm3u8-parser': /^(groups|subtitled)\.m3u8$/.test(name) ? ['autoselect'] : [] })
    }
  })

  test('it breaks no MUST of the RFC', () => {
    const broken = [...files].map(
      ([name, text]) => [name, checkPlaylist(text).map(({ level, clause }) => (level === 'must' ? clause : ''))] as const,
    )
    expect(Object.fromEntries(broken.filter(([, clauses]) => clauses.some((clause) => clause !== '')))).toEqual({})
  })
})

describe('our printers', () => {
  test('a live list with keys, maps and gaps', () => {
    const keys = [{ method: 'AES-128', uri: 'k', iv: new Uint8Array(16).fill(3) }]
    const map = { uri: 'i.mp4', byteRange: { offset: 3, length: 9 }, keys }
    compare(
      printMedia({
        segments: [
          { uri: 'a', durationSeconds: 4.004, map, keys, programDateTimeMs: 1_767_225_600_123 },
          { uri: 'b', durationSeconds: 3, map, keys, discontinuity: true },
          { uri: 'c', durationSeconds: 3, map, keys, gap: true },
        ],
        mediaSequence: 7,
        discontinuitySequence: 2,
        ended: false,
      }),
      // It does not know EXT-X-GAP.
      { 'm3u8-parser': ['gap'] },
    )
  })

  test('a multivariant playlist', () => {
    compare(
      printMultivariant({
        variants: [
          {
            uri: 'v',
            bandwidthBps: 5,
            averageBandwidthBps: 4,
            codecs: ['avc1.64001f', 'mp4a.40.2'],
            resolution: { width: 2, height: 4 },
            frameRate: 29.97,
            audioGroup: 'a',
            subtitlesGroup: 's',
          },
          { uri: 'w', bandwidthBps: 3, codecs: ['avc1.64001f', 'mp4a.40.2'], audioGroup: 'a', subtitlesGroup: 's' },
        ],
        iframeVariants: [{ uri: 'i', bandwidthBps: 1, codecs: ['avc1.64001f'] }],
        audio: [
          { groupId: 'a', name: 'English', uri: 'en', language: 'en', default: true, autoselect: true },
          { groupId: 'a', name: 'Deutsch', uri: 'de', language: 'de', autoselect: true },
        ],
        subtitles: [{ groupId: 's', name: 'English', uri: 'sub', language: 'en' }],
      }),
    )
  })
})

describe('examples', () => {
  test('simple, live, and encrypted lists', () => {
    compare(
      '#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXT-X-VERSION:3\n#EXTINF:9.009,\nhttp://media.example.com/first.ts\n#EXTINF:3.003,\nhttp://media.example.com/third.ts\n#EXT-X-ENDLIST\n',
    )
    compare(
      '#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:8\n#EXT-X-MEDIA-SEQUENCE:2680\n\n#EXTINF:7.975,\nhttps://priv.example.com/fileSequence2680.ts\n#EXTINF:7.941,\nhttps://priv.example.com/fileSequence2681.ts\n',
    )
    compare(
      '#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-MEDIA-SEQUENCE:7794\n#EXT-X-TARGETDURATION:15\n#EXT-X-KEY:METHOD=AES-128,URI="https://priv.example.com/key.php?r=52"\n#EXTINF:2.833,\nhttp://media.example.com/a.ts\n#EXT-X-KEY:METHOD=AES-128,URI="https://priv.example.com/key.php?r=53"\n#EXTINF:15.0,\nhttp://media.example.com/b.ts\n#EXT-X-KEY:METHOD=NONE\n#EXTINF:3,\nc.ts\n',
    )
  })

  test('a low-latency list', () => {
    const text = `#EXTM3U
#EXT-X-TARGETDURATION:4
#EXT-X-VERSION:6
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.0,CAN-SKIP-UNTIL=24
#EXT-X-PART-INF:PART-TARGET=0.33334
#EXT-X-MEDIA-SEQUENCE:266
#EXT-X-PROGRAM-DATE-TIME:2019-02-14T02:13:36.106Z
#EXT-X-MAP:URI="init.mp4"
#EXTINF:4.00008,
fileSequence266.mp4
#EXT-X-PART:DURATION=0.33334,URI="filePart267.a.mp4",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.33334,URI="filePart267.b.mp4",BYTERANGE="100@20"
#EXTINF:4.00008,
fileSequence267.mp4
#EXT-X-PART:DURATION=0.33334,URI="filePart268.a.mp4",INDEPENDENT=YES
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="filePart268.b.mp4"
#EXT-X-RENDITION-REPORT:URI="../1M/waitForMSN.php",LAST-MSN=268,LAST-PART=1
#EXT-X-RENDITION-REPORT:URI="../4M/waitForMSN.php",LAST-MSN=268,LAST-PART=0
`
    compare(text)
    expect(checkPlaylist(text)).toEqual([])
  })

  test('variants with groups of sound, and lists of keyframes', () => {
    compare(`#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aac",NAME="English",DEFAULT=YES,AUTOSELECT=YES,LANGUAGE="en",URI="main/english-audio.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aac",NAME="Commentary",DEFAULT=NO,AUTOSELECT=NO,LANGUAGE="en",URI="commentary/audio-only.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=1280000,CODECS="avc1.4d401e,mp4a.40.2",AUDIO="aac"
low/video-only.m3u8
#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=86000,URI="low/iframe.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=7680000,AVERAGE-BANDWIDTH=6000000,CODECS="avc1.4d401e,mp4a.40.2",RESOLUTION=1920x1080,FRAME-RATE=59.940,AUDIO="aac"
hi/video-only.m3u8
`)
  })
})
