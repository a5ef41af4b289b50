/** Real FFmpeg through the packager, and FFmpeg's own demuxer as the judge of what comes out. */
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { InitSegment, Segment } from './model.ts'
import { type CutChunk, type CutterOptions, SegmentCutter } from './segment-cutter.ts'

const folder = mkdtempSync(join(tmpdir(), 'packager-'))
afterAll(() => rmSync(folder, { recursive: true }))

const MOVFLAGS = '+delay_moov+default_base_moof+frag_keyframe'

function ffmpeg(...args: string[]): Buffer {
  return execFileSync('ffmpeg', ['-v', 'error', '-nostdin', ...args, 'pipe:1'], { maxBuffer: 1e9, stdio: ['ignore', 'pipe', 'ignore'] })
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

interface Cut {
  init: InitSegment
  chunks: (CutChunk & { bytes: Buffer })[]
  segments: (Segment & { number: number; startTicks: number })[]
  bytes: Buffer
}

/** Runs bytes through a cutter, `step` at a time. */
function cut(bytes: Uint8Array, options: Omit<CutterOptions, 'createHash'>, step = 4096): Cut {
  const createSha = () => {
    const hash = createHash('sha256')
    return { update: (part: Uint8Array) => void hash.update(part), hex: () => hash.digest('hex') }
  }
  const cutter = new SegmentCutter({ ...options, createHash: createSha })
  const cutSoFar: Omit<Cut, 'init' | 'bytes'> = { chunks: [], segments: [] }
  let init: InitSegment | null = null
  let object: Uint8Array[] = []
  function* outputs() {
    for (let at = 0; at < bytes.length; at += step) yield* cutter.push(bytes.subarray(at, at + step))
    yield* cutter.end()
  }
  for (const output of outputs()) {
    if (output.type === 'init') init = output.init
    else if (output.type === 'data') object.push(output.bytes)
    else if (output.type === 'segment') {
      cutSoFar.segments.push({ ...output.segment, number: output.number, startTicks: output.startTicks })
    } else {
      cutSoFar.chunks.push({ ...output.chunk, bytes: Buffer.concat(object) })
      object = []
    }
  }
  if (init === null) throw new Error('no init')
  expect(object).toEqual([])
  return { ...cutSoFar, init, bytes: Buffer.concat(cutSoFar.chunks.map((chunk) => chunk.bytes)) }
}

let files = 0
function save(...parts: Uint8Array[]): string {
  files += 1
  const path = join(folder, `${files}.mp4`)
  writeFileSync(path, Buffer.concat(parts))
  return path
}

interface Packet {
  pts: number
  dts: number
  key: boolean
}

function packets(path: string): Packet[] {
  const text = execFileSync('ffprobe', ['-v', 'error', '-show_entries', 'packet=pts,dts,flags', '-of', 'csv=p=0', path], {
    encoding: 'utf8',
  })
  return text
    .trim()
    .split('\n')
    .map((line) => {
      const [pts, dts, flags] = line.split(',')
      return { pts: Number(pts), dts: Number(dts), key: flags?.startsWith('K') === true }
    })
}

/** MD5 of every decoded frame in order of presentation; fails when FFmpeg has anything to complain about. */
function decode(path: string, ...args: string[]): string[] {
  const { stdout, stderr, status } = spawnSync(
    'ffmpeg',
    ['-v', 'warning', '-i', path, ...args, '-fps_mode', 'passthrough', '-f', 'framemd5', '-'],
    {
      encoding: 'utf8',
    },
  )
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return stdout.split('\n').flatMap((line) => (line.startsWith('#') || line === '' ? [] : [line.split(',').at(-1)?.trim() ?? '']))
}

// A grid of 12-frame GOPs, two a segment, two segments a chunk.
const GOP = 12
const SEGMENT = 2 * GOP
const CHUNK = 2 * SEGMENT
const TIMESCALE = 24000
const FRAME = 1001

const X265 = `keyint=${GOP}:min-keyint=${GOP}:scenecut=0:open-gop=0:log-level=error`
const ENCODERS = {
  'x264, B-pyramid': ['-c:v', 'libx264', '-preset', 'veryfast', '-bf', '3', '-sc_threshold', '0', '-flags', '+cgop'],
  'x264, no B-frames': ['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '0', '-sc_threshold', '0'],
  x265: ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', `${X265}:bframes=3:b-adapt=2`],
  vp9: ['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-b:v', '300k', '-keyint_min', String(GOP)],
  av1: ['-c:v', 'libsvtav1', '-preset', '12', '-svtav1-params', `keyint=${GOP}`],
}
const CODECS = {
  'x264, B-pyramid': /^avc1\.64000[abcd]$/,
  'x264, no B-frames': /^avc1\.42c00[abcd]$/,
  x265: /^hvc1\.1\.6\.L\d+\.90$/,
  vp9: /^vp09\.00\.\d\d\.08$/,
  av1: /^av01\.0\.0\dM\.08$/,
}
const DELAYS = { 'x264, B-pyramid': 2, 'x264, no B-frames': 2, x265: 2, vp9: 0, av1: 0 }
type Encoder = keyof typeof ENCODERS
const EACH = Object.keys(ENCODERS) as Encoder[]

/** Frames [from, from + count) of a test picture, encoded by themselves as a runner would. */
function encode(encoder: Encoder, from: number, count: number, movflags = MOVFLAGS): Buffer {
  const graph = `testsrc2=s=192x108:r=${TIMESCALE}/${FRAME},trim=start_frame=${from}:end_frame=${from + count},setpts=PTS-STARTPTS,format=yuv420p`
  const args = [...ENCODERS[encoder], '-g', String(GOP), '-video_track_timescale', String(TIMESCALE)]
  return ffmpeg('-f', 'lavfi', '-i', graph, ...args, '-movflags', movflags, '-f', 'mp4')
}

function videoOptions(encoder: Encoder, chunk: number): Omit<CutterOptions, 'createHash'> {
  return {
    baseDecodeTicks: chunk * CHUNK * FRAME,
    delayTicks: DELAYS[encoder] * FRAME,
    firstSegment: chunk * 2,
    segmentsPerChunk: 2,
    grouping: { by: 'gops', gopsPerSegment: 2 },
  }
}

describe.each(EACH)('video by %s', (encoder) => {
  // Three chunks by three processes: a whole one, one that ends in the middle of a GOP, and one of a single frame.
  const lengths = [CHUNK, CHUNK, 1]
  const inputs = lengths.map((count, chunk) => encode(encoder, chunk * CHUNK, count))
  const cuts = inputs.map((bytes, chunk) => cut(bytes, videoOptions(encoder, chunk)))
  const [first] = cuts
  const frames = lengths.reduce((sum, count) => sum + count, 0)

  test('the initialization segment says what the track is, and is the same for every chunk', () => {
    expect(first?.init.facts).toEqual({
      kind: 'video',
      codecs: expect.stringMatching(CODECS[encoder]),
      timescale: TIMESCALE,
      delayTicks: DELAYS[encoder] * FRAME,
      video: { width: 192, height: 108 },
      audio: null,
    })
    for (const { init } of cuts) expect(init).toEqual(first?.init)
    expect(Buffer.from(first?.init.bytes ?? []).includes('Lav')).toBe(false)
  })

  test('chunks one after another are one stream: every frame at its time, keyframes on the grid', () => {
    const path = save(first?.init.bytes ?? Buffer.alloc(0), ...cuts.map(({ bytes }) => bytes))
    const found = packets(path)
    expect(found.map(({ pts }) => pts).toSorted((a, b) => a - b)).toEqual(Array.from({ length: frames }, (_, index) => index * FRAME))
    expect(found.map(({ dts }) => dts)).toEqual(Array.from({ length: frames }, (_, index) => (index - DELAYS[encoder]) * FRAME))
    expect(found.filter(({ key }) => key).map(({ pts }) => pts / FRAME / GOP)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
    expect(decode(path)).toEqual(inputs.flatMap((bytes) => decode(save(bytes))))
  })

  test('the index is true: times, byte ranges, hashes', () => {
    const segments = cuts.flatMap((one) => one.segments)
    expect(segments.map(({ number, startTicks, durationTicks, independent }) => [number, startTicks, durationTicks, independent])).toEqual([
      [0, 0, SEGMENT * FRAME, true],
      [1, SEGMENT * FRAME, SEGMENT * FRAME, true],
      [2, 2 * SEGMENT * FRAME, SEGMENT * FRAME, true],
      [3, 3 * SEGMENT * FRAME, SEGMENT * FRAME, true],
      [4, 4 * SEGMENT * FRAME, FRAME, true],
    ])
    for (const [index, { chunks, bytes }] of cuts.entries()) {
      const [chunk] = chunks
      expect(chunks).toHaveLength(1)
      expect(chunk).toMatchObject({ index, firstSegment: index * 2, startTicks: index * CHUNK * FRAME, sizeBytes: bytes.length })
      let offset = 0
      for (const segment of chunk?.segments ?? []) {
        expect(segment.offset).toBe(offset)
        expect(segment.sha256).toBe(sha256(bytes.subarray(offset, offset + segment.length)))
        offset += segment.length
      }
      expect(offset).toBe(bytes.length)
    }
  })

  test('a keyframe is read alone by its byte range', () => {
    const [, second] = cuts
    const all = decode(save(first?.init.bytes ?? Buffer.alloc(0), second?.bytes ?? Buffer.alloc(0)))
    const iframes = second?.segments.flatMap((segment) => segment.iframes.map((iframe) => ({ ...iframe, at: segment.startTicks }))) ?? []
    expect(iframes.map(({ at, timeTicks, durationTicks }) => [(at + timeTicks) / FRAME, durationTicks / FRAME])).toEqual(
      [48, 60, 72, 84].map((frame) => [frame, GOP]),
    )
    for (const [index, { offset, length }] of iframes.entries()) {
      const path = save(first?.init.bytes ?? Buffer.alloc(0), second?.bytes.subarray(offset, offset + length) ?? Buffer.alloc(0))
      const args = ['-v', 'quiet', '-i', path, '-frames:v', '1', '-f', 'framemd5', '-']
      expect(execFileSync('ffmpeg', args, { encoding: 'utf8' })).toContain(all[index * GOP])
    }
  })
})

test('x265 on two machines of unlike size: one initialization segment', () => {
  const inits = ['pools=1:frame-threads=1', 'pools=2:frame-threads=2'].map((threads) => {
    const args = ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', `${X265}:${threads}`, '-frames:v', '3']
    const bytes = ffmpeg('-f', 'lavfi', '-i', 'testsrc2=s=192x108:r=24,format=yuv420p', ...args, '-movflags', MOVFLAGS, '-f', 'mp4')
    return cut(bytes, videoOptions('x265', 0)).init
  })
  expect(inits[0]).toEqual(inits[1])
})

test('negative composition offsets of +cmaf become the same timeline', () => {
  const encoder = 'x264, B-pyramid'
  const [cmaf, plain] = ['+empty_moov+default_base_moof+frag_keyframe+cmaf', MOVFLAGS].map((flags) =>
    cut(encode(encoder, 0, CHUNK, flags), videoOptions(encoder, 0)),
  )
  expect(sha256(cmaf?.bytes ?? Buffer.alloc(0))).toBe(sha256(plain?.bytes ?? Buffer.alloc(0)))
  expect(cmaf?.init).toEqual(plain?.init)
})

test('one input of many chunks: every chunk starts an object', () => {
  const encoder = 'x264, no B-frames'
  const { chunks, init, bytes } = cut(encode(encoder, 0, 2 * CHUNK + 5), videoOptions(encoder, 0))
  expect(chunks.map(({ index, firstSegment, startTicks }) => [index, firstSegment, startTicks / FRAME])).toEqual([
    [0, 0, 0],
    [1, 2, CHUNK],
    [2, 4, 2 * CHUNK],
  ])
  expect(chunks.map(({ segments }) => segments[0]?.offset)).toEqual([0, 0, 0])
  expect(packets(save(init.bytes, bytes))).toHaveLength(2 * CHUNK + 5)
})

describe.each([
  { codec: 'aac', rate: 48000, delay: 1024, frame: 1024, string: 'mp4a.40.2' },
  { codec: 'aac', rate: 44100, delay: 1024, frame: 1024, string: 'mp4a.40.2' },
  { codec: 'libopus', rate: 48000, delay: 312, frame: 960, string: 'opus' },
])('sound: $codec at $rate Hz', ({ codec, rate, delay, frame, string }) => {
  const seconds = 11
  const clickAt = rate * 5
  const graph = `aevalsrc='if(eq(n,${clickAt}),0.9,0)|0':s=${rate}:d=${seconds}`
  const encoded = ffmpeg(
    '-f',
    'lavfi',
    '-i',
    graph,
    '-c:a',
    codec,
    '-b:a',
    '192k',
    '-movflags',
    MOVFLAGS,
    '-frag_duration',
    '500000',
    '-f',
    'mp4',
  )
  const segmentSeconds = { num: 2002, den: 1000 }
  const result = cut(encoded, { baseDecodeTicks: 0, firstSegment: 0, segmentsPerChunk: 2, grouping: { by: 'time', segmentSeconds } })

  test('the facts, with the encoder delay in the edit list', () => {
    expect(result.init.facts).toEqual({
      kind: 'audio',
      codecs: string,
      timescale: rate,
      delayTicks: delay,
      video: null,
      audio: { channels: 2, sampleRateHz: rate },
    })
    expect(packets(save(result.init.bytes, result.bytes))[0]?.pts).toBe(-delay)
  })

  test('segments end at the frame nearest to the boundary, and add up to the sound', () => {
    let at = 0
    for (const [index, segment] of result.segments.entries()) {
      expect(segment.startTicks).toBe(at)
      expect(segment.iframes).toEqual([])
      at += segment.durationTicks
      const boundary = 2.002 * (index + 1) * rate
      if (index < result.segments.length - 1) {
        expect(Math.abs(at - boundary)).toBeLessThanOrEqual(frame / 2)
        expect((at + delay) % frame).toBe(0)
      }
    }
    expect(at).toBe(seconds * rate)
    expect(result.chunks.map(({ segments }) => segments.length)).toEqual([2, 2, 2])
  })

  test('a click stays at its sample', () => {
    const path = save(result.init.bytes, result.bytes)
    // `first_pts=0` drops what lies before time 0, as a player does.
    const pcm = ffmpeg('-copyts', '-i', path, '-af', 'aresample=first_pts=0,pan=mono|c0=c0', '-f', 's16le')
    const samples = new Int16Array(pcm.buffer.slice(pcm.byteOffset, pcm.byteOffset + pcm.length))
    let loudest = 0
    for (let index = 0; index < samples.length; index += 1) {
      if (Math.abs(samples[index] ?? 0) > Math.abs(samples[loudest] ?? 0)) loudest = index
    }
    expect(loudest).toBe(clickAt)
  })
})
