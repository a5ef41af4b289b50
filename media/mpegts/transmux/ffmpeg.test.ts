/** Frame by frame against `ffmpeg -c copy`: the same samples, times and keyframes, and the same pictures and sound. */
import { execa } from 'execa'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { clip } from '../../../tests/support/clips.ts'
import type { MediaFragment, MediaKind, TransmuxOutput } from './model.ts'
import { TsTransmuxer } from './transmuxer.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sluice-transmux-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const PICTURE = ['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=30000/1001,noise=alls=20:allf=t']
const TONE = ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000']
const H264 = ['-c:v', 'libx264', '-preset', 'veryfast', '-pix_fmt', 'yuv420p', '-g', '30']
const AAC = ['-c:a', 'aac', '-ac', '2']
const LENGTH = ['-t', '5']

/** What FFmpeg removes from its copy to have the samples that stand here: delimiters, parameter sets, filler. */
const CLEAN_AVC = 'filter_units=remove_types=7-9|12'
const CLEAN_HEVC = 'filter_units=remove_types=32-35|38'

const CLIPS: [name: string, extension: string, args: string[], video: string | null][] = [
  ['H.264 with B-frames, AAC', 'ts', [...PICTURE, ...TONE, ...LENGTH, ...H264, '-bf', '3', ...AAC], CLEAN_AVC],
  [
    'H.264 of eight slices a picture, low delay, mono AAC',
    'ts',
    [...PICTURE, ...TONE, ...LENGTH, ...H264, '-tune', 'zerolatency', '-x264-params', 'slices=8', '-c:a', 'aac', '-ac', '1'],
    CLEAN_AVC,
  ],
  ['H.264 with open GOPs', 'ts', [...PICTURE, ...LENGTH, ...H264, '-bf', '2', '-x264-params', 'open-gop=1'], CLEAN_AVC],
  [
    'H.264 interlaced, with filler for a constant rate',
    'ts',
    [
      ...PICTURE,
      ...LENGTH,
      ...H264,
      '-flags',
      '+ildct+ilme',
      '-x264-params',
      'nal-hrd=cbr:filler=1',
      '-b:v',
      '600k',
      '-maxrate',
      '600k',
      '-bufsize',
      '600k',
    ],
    CLEAN_AVC,
  ],
  ['H.264 in packets of 192 bytes', 'm2ts', [...PICTURE, ...TONE, ...LENGTH, ...H264, '-c:a', 'ac3', '-mpegts_m2ts_mode', '1'], CLEAN_AVC],
  [
    'HEVC, AAC of 44.1 kHz',
    'ts',
    [
      ...PICTURE,
      ...TONE,
      ...LENGTH,
      '-c:v',
      'libx265',
      '-preset',
      'ultrafast',
      '-x265-params',
      'log-level=error:keyint=30',
      '-pix_fmt',
      'yuv420p',
      '-c:a',
      'aac',
      '-ar',
      '44100',
    ],
    CLEAN_HEVC,
  ],
  [
    'HEVC with open GOPs',
    'ts',
    [
      ...PICTURE,
      ...LENGTH,
      '-c:v',
      'libx265',
      '-preset',
      'veryfast',
      '-x265-params',
      'log-level=error:keyint=30:open-gop=1',
      '-pix_fmt',
      'yuv420p',
    ],
    CLEAN_HEVC,
  ],
  ['sound alone: AAC 5.1', 'ts', [...TONE, ...LENGTH, '-c:a', 'aac', '-ac', '6'], null],
  ['MP3', 'ts', [...TONE, ...LENGTH, '-c:a', 'libmp3lame', '-ar', '44100'], null],
  ['MP3 of 22.05 kHz (MPEG-2)', 'ts', [...TONE, ...LENGTH, '-c:a', 'libmp3lame', '-ar', '22050', '-ac', '1'], null],
  ['AC-3 5.1', 'ts', [...TONE, ...LENGTH, '-c:a', 'ac3', '-ac', '6'], null],
  ['E-AC-3', 'ts', [...TONE, ...LENGTH, '-c:a', 'eac3', '-ac', '2'], null],
  ['Opus', 'ts', [...TONE, ...LENGTH, '-c:a', 'libopus', '-ac', '2'], null],
  ['AAC in LATM', 'ts', [...TONE, ...LENGTH, '-c:a', 'aac', '-ac', '2', '-mpegts_flags', 'latm'], null],
]

async function transmuxed(bytes: Uint8Array): Promise<TransmuxOutput[]> {
  const transmuxer = new TsTransmuxer()
  return [...transmuxer.push(bytes), ...transmuxer.flush()]
}

async function written(outputs: TransmuxOutput[], kind: MediaKind, name: string): Promise<string> {
  const file = path.join(folder, `${name}-${kind}.mp4`)
  const parts = outputs.flatMap((output) =>
    (output.type === 'init' || output.type === 'fragment') && output.kind === kind ? [output.bytes] : [],
  )
  await writeFile(file, Buffer.concat(parts))
  return file
}

interface Packet {
  pts: number
  dts: number
  key: boolean
  size: number
  hash: string
}

/** Packets of the only stream, times from the first one's DTS on, in seconds. */
async function packetsOf(file: string): Promise<Packet[]> {
  const { stdout } = await execa('ffprobe', [
    '-v',
    'error',
    '-ignore_editlist',
    '1',
    '-show_packets',
    '-show_data_hash',
    'md5',
    '-of',
    'json',
    file,
  ])
  const { packets } = JSON.parse(stdout) as {
    packets: { pts_time: string; dts_time: string; flags: string; size: string; data_hash: string }[]
  }
  const origin = Number(packets[0]?.dts_time)
  return packets.map(({ pts_time, dts_time, flags, size, data_hash }) => ({
    ...{ pts: Number(pts_time) - origin, dts: Number(dts_time) - origin },
    ...{ key: flags.startsWith('K'), size: Number(size), hash: data_hash },
  }))
}

/** Hashes of decoded frames, without their times; sound as one. */
async function decoded(file: string, kind: MediaKind): Promise<string[]> {
  const { stdout } = await execa('ffmpeg', [
    '-v',
    'error',
    '-i',
    file,
    '-map',
    kind === 'video' ? '0:v' : '0:a',
    '-f',
    kind === 'video' ? 'framemd5' : 'md5',
    '-',
  ])
  return stdout.split('\n').flatMap((line) => (line.startsWith('#') ? [] : [line.split(',').at(-1)?.trim() ?? '']))
}

describe('as ffmpeg -c copy', () => {
  test.each(CLIPS)('%s', async (name, extension, args, video) => {
    const source = await clip(extension, ['-fflags', '+bitexact', ...args, ...(extension === 'm2ts' ? ['-f', 'mpegts'] : [])])
    const outputs = await transmuxed(await readFile(source))
    expect(outputs.filter(({ type }) => type === 'warning')).toEqual([])
    const file = name.replaceAll(/\W+/g, '-')
    const kinds: MediaKind[] = [
      ...(video === null ? [] : (['video'] as const)),
      ...(video === null || args.includes('-c:a') ? (['audio'] as const) : []),
    ]
    expect(new Set(outputs.flatMap((output) => (output.type === 'fragment' ? [output.kind] : [])))).toEqual(new Set(kinds))
    for (const kind of kinds) {
      const ours = await written(outputs, kind, file)
      const reference = path.join(folder, `${file}-${kind}-ffmpeg.mp4`)
      const filters =
        kind === 'video' ? ['-bsf:v', video ?? ''] : args.includes('aac') && !args.includes('latm') ? ['-bsf:a', 'aac_adtstoasc'] : []
      // LATM has to be decoded by FFmpeg to be copied: its packets cannot be compared
      if (!args.includes('latm')) {
        const map = ['-map', kind === 'video' ? '0:v' : '0:a', '-c', 'copy', ...filters]
        await execa('ffmpeg', ['-v', 'error', '-y', '-i', source, ...map, '-movflags', '+frag_keyframe+empty_moov+delay_moov', reference])
        const [mine, theirs] = await Promise.all([packetsOf(ours), packetsOf(reference)])
        expect(mine.map(({ size, hash, key }) => ({ size, hash, key }))).toEqual(theirs.map(({ size, hash, key }) => ({ size, hash, key })))
        for (const [index, { pts, dts }] of mine.entries()) {
          // The sample rate against 90 kHz: half a tick of either
          expect(Math.abs(pts - (theirs[index]?.pts ?? 0)), `pts of ${index}`).toBeLessThan(3e-5)
          expect(Math.abs(dts - (theirs[index]?.dts ?? 0)), `dts of ${index}`).toBeLessThan(3e-5)
        }
      }
      expect(await decoded(ours, kind)).toEqual(await decoded(source, kind))
    }
  })

  test('picture and sound keep their distance: both are on the clock of the stream', async () => {
    const [, , args] = CLIPS[0] ?? ['', '', []]
    const source = await clip('ts', ['-fflags', '+bitexact', ...args])
    const outputs = await transmuxed(await readFile(source))
    const starts = (kind: MediaKind): number =>
      Math.min(...outputs.flatMap((output) => (output.type === 'fragment' && output.kind === kind ? [output.startSeconds] : [])))
    const { stdout } = await execa('ffprobe', ['-v', 'error', '-show_entries', 'stream=codec_type,start_time', '-of', 'json', source])
    const { streams } = JSON.parse(stdout) as { streams: { codec_type: MediaKind; start_time: string }[] }
    for (const { codec_type: kind, start_time: start } of streams) expect(starts(kind)).toBeCloseTo(Number(start), 4)
  })
})

describe('segment by segment', () => {
  test('segments of 2 s follow each other without a hole, in picture and sound', async () => {
    const source = await clip('ts', [
      '-fflags',
      '+bitexact',
      ...PICTURE,
      ...TONE,
      '-t',
      '20',
      ...H264,
      '-bf',
      '2',
      '-force_key_frames',
      'expr:gte(t,n_forced*2)',
      ...AAC,
    ])
    await execa('ffmpeg', [
      '-v',
      'error',
      '-i',
      source,
      '-c',
      'copy',
      '-f',
      'hls',
      '-hls_time',
      '2',
      '-hls_list_size',
      '0',
      '-hls_segment_filename',
      path.join(folder, 'join%03d.ts'),
      path.join(folder, 'join.m3u8'),
    ])
    const transmuxer = new TsTransmuxer()
    const outputs: TransmuxOutput[] = []
    for (let index = 0; index < 10; index += 1) {
      outputs.push(...transmuxer.push(await readFile(path.join(folder, `join${String(index).padStart(3, '0')}.ts`))), ...transmuxer.flush())
    }
    expect(outputs.filter(({ type }) => type === 'warning')).toEqual([])
    expect(outputs.filter(({ type }) => type === 'init')).toHaveLength(2)
    for (const kind of ['video', 'audio'] as const) {
      const fragments = outputs.filter((output): output is MediaFragment => output.type === 'fragment' && output.kind === kind)
      for (const [index, { startSeconds, keyframe }] of fragments.entries()) {
        expect(keyframe).toBe(true)
        const before = fragments[index - 1]
        if (before) expect(Math.abs(startSeconds - before.endSeconds)).toBeLessThan(1e-4)
      }
      const file = await written(outputs, kind, 'joined')
      expect(await decoded(file, kind)).toEqual(await decoded(source, kind))
    }
  })

  test('time stamps that wrap in the middle go on', async () => {
    const [, , args] = CLIPS[0] ?? ['', '', []]
    const source = await clip('ts', ['-fflags', '+bitexact', ...args, '-output_ts_offset', '95441'])
    const outputs = await transmuxed(await readFile(source))
    expect(outputs.filter(({ type }) => type === 'warning')).toEqual([])
    const fragments = outputs.filter((output): output is MediaFragment => output.type === 'fragment')
    expect(Math.max(...fragments.map(({ endSeconds }) => endSeconds))).toBeGreaterThan(2 ** 33 / 90_000)
    for (const kind of ['video', 'audio'] as const) {
      const own = fragments.filter((fragment) => fragment.kind === kind)
      expect((own.at(-1)?.endSeconds ?? 0) - (own[0]?.startSeconds ?? 0)).toBeCloseTo(5, 1)
      for (const [index, { startSeconds }] of own.entries())
        if (index > 0) expect(startSeconds).toBeCloseTo(own[index - 1]?.endSeconds ?? 0, 4)
    }
  })

  test('another size in the middle: a new initialization segment, and every picture is decoded', async () => {
    const small = await clip('ts', ['-fflags', '+bitexact', ...PICTURE, ...TONE, '-t', '2', ...H264, ...AAC])
    const large = await clip('ts', [
      '-fflags',
      '+bitexact',
      '-f',
      'lavfi',
      '-i',
      'testsrc2=size=640x360:rate=25',
      ...TONE,
      '-t',
      '2',
      ...H264,
      ...AAC,
    ])
    const list = path.join(folder, 'sizes.txt')
    await writeFile(list, `file '${small}'\nfile '${large}'\n`)
    const both = path.join(folder, 'sizes.ts')
    await execa('ffmpeg', ['-v', 'error', '-f', 'concat', '-safe', '0', '-i', list, '-c', 'copy', both])
    const outputs = await transmuxed(await readFile(both))
    const inits = outputs.flatMap((output) => (output.type === 'init' && output.kind === 'video' ? [output] : []))
    expect(inits.map(({ video }) => video)).toEqual([
      { width: 320, height: 180 },
      { width: 640, height: 360 },
    ])
    const second = inits[1]
    if (second === undefined) throw new Error('no second init')
    const cut = outputs.indexOf(second)
    const frames = [
      ...(await decoded(await written(outputs.slice(0, cut), 'video', 'small'), 'video')),
      ...(await decoded(await written(outputs.slice(cut), 'video', 'large'), 'video')),
    ]
    expect(frames).toEqual([...(await decoded(small, 'video')), ...(await decoded(large, 'video'))])
  })

  test('lost packets cost the pictures up to the next keyframe, and nothing else', async () => {
    const [, , args] = CLIPS[0] ?? ['', '', []]
    const source = new Uint8Array(await readFile(await clip('ts', ['-fflags', '+bitexact', ...args])))
    const whole = await transmuxed(source)
    // A packet in the middle of a picture of the third GOP
    const videoPid = 0x100
    const place =
      Array.from({ length: source.length / 188 }, (_, index) => index * 188).filter(
        (at) => ((((source[at + 1] ?? 0) & 0x1f) << 8) | (source[at + 2] ?? 0)) === videoPid && ((source[at + 1] ?? 0) & 0x40) === 0,
      )[Math.floor(source.length / 188 / 2)] ?? 0
    const damaged = Buffer.concat([source.subarray(0, place), source.subarray(place + 188)])
    const outputs = await transmuxed(damaged)
    expect(outputs.flatMap((output) => (output.type === 'warning' ? [output.code] : []))).toEqual(['continuity', 'dropped-pictures'])
    const count = (all: TransmuxOutput[]): number =>
      all.reduce((sum, output) => sum + (output.type === 'fragment' && output.kind === 'video' ? output.sampleCount : 0), 0)
    expect(count(outputs)).toBeLessThan(count(whole))
    expect(count(outputs)).toBeGreaterThan(count(whole) - 30)
    const file = await written(outputs, 'video', 'damaged')
    const { stderr } = await execa('ffmpeg', ['-v', 'error', '-i', file, '-f', 'null', '-'])
    expect(stderr).toBe('')
    const frames = new Set(await decoded(await written(whole, 'video', 'whole'), 'video'))
    expect((await decoded(file, 'video')).every((frame) => frames.has(frame))).toBe(true)
  })
})
