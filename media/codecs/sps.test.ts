/** Sequence parameter sets that x264 and x265 write, against what ffprobe says of the same files. */
import { execa } from 'execa'
import fc from 'fast-check'
import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { clip } from '../../tests/support/clips.ts'
import { MediaError } from '../errors.ts'
import { readAvcSps } from './avc-sps.ts'
import { readHevcSps } from './hevc-sps.ts'
import type { FrameRate, SampleAspect } from './video-usability.ts'

interface Probed {
  width: number
  height: number
  coded_width: number
  coded_height: number
  has_b_frames: number
  sample_aspect_ratio?: string
  level: number
  pix_fmt: string
  color_range?: string
  color_space?: string
  color_transfer?: string
  color_primaries?: string
  r_frame_rate: string
  profile: string
}

async function probe(file: string): Promise<Probed> {
  const { stdout } = await execa('ffprobe', ['-v', 'error', '-select_streams', 'v:0', '-show_streams', '-of', 'json', file])
  const [stream] = (JSON.parse(stdout) as { streams: Probed[] }).streams
  if (stream === undefined) throw new Error('no video')
  return stream
}

/** The first NAL unit of a type in an `avcC` or `hvcC`, wherever it is in the file. */
async function parameterSet(file: string, box: 'avcC' | 'hvcC'): Promise<Uint8Array> {
  const bytes = await readFile(file)
  const body = bytes.indexOf(box) + 4
  if (box === 'avcC') {
    const length = bytes.readUInt16BE(body + 6)
    return bytes.subarray(body + 8, body + 8 + length)
  }
  let at = body + 23
  for (let left = bytes[body + 22] ?? 0; left > 0; left -= 1) {
    const type = (bytes[at] ?? 0) & 0x3f
    let count = bytes.readUInt16BE(at + 1)
    at += 3
    for (; count > 0; count -= 1) {
      const length = bytes.readUInt16BE(at)
      if (type === 33) return bytes.subarray(at + 2, at + 2 + length)
      at += 2 + length
    }
  }
  throw new Error('no SPS')
}

function aspect(value: SampleAspect | null): string {
  return value === null ? 'N/A' : `${value.width}:${value.height}`
}

function fps(value: FrameRate | null): number {
  return value === null ? 0 : value.numerator / value.denominator
}

function fraction(text: string): number {
  const [numerator = 0, denominator = 1] = text.split('/').map(Number)
  return numerator / denominator
}

/** H.273 code points by the names ffprobe has for them. */
const PRIMARIES: Record<string, number> = { bt709: 1, bt470bg: 5, smpte170m: 6, bt2020: 9 }
const TRANSFER: Record<string, number> = { bt709: 1, smpte170m: 6, smpte2084: 16, 'arib-std-b67': 18 }
const MATRIX: Record<string, number> = { gbr: 0, bt709: 1, bt470bg: 5, smpte170m: 6, bt2020nc: 9 }

function source(size: string, rate = '25'): string[] {
  return ['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=${rate}`, '-frames:v', '4']
}

const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast']
const x265 = ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=none']

describe.each([
  ['plain', [...source('320x240'), ...x264, '-pix_fmt', 'yuv420p']],
  ['odd size and rate', [...source('318x182', '30000/1001'), ...x264, '-pix_fmt', 'yuv420p']],
  ['B-frames', [...source('320x240'), ...x264, '-preset', 'medium', '-bf', '3', '-pix_fmt', 'yuv420p']],
  ['pyramid, with HRD', [...source('320x240'), ...x264, '-preset', 'slow', '-x264-params', 'nal-hrd=vbr:vbv-maxrate=500:vbv-bufsize=500']],
  ['4:4:4', [...source('321x181'), ...x264, '-pix_fmt', 'yuv444p']],
  ['4:2:2, 10 bits', [...source('322x182'), ...x264, '-pix_fmt', 'yuv422p10le']],
  ['interlaced', [...source('320x180'), ...x264, '-flags', '+ildct+ilme', '-x264-params', 'tff=1', '-pix_fmt', 'yuv420p']],
  ['BT.2020 PQ, full range', colour([...source('320x240'), ...x264, '-pix_fmt', 'yuv420p'], ['bt2020', 'smpte2084', 'bt2020nc', 'pc'])],
  [
    'BT.709 and 4:3 samples',
    colour([...source('320x240'), ...x264, '-vf', 'setsar=4/3', '-pix_fmt', 'yuv420p'], ['bt709', 'bt709', 'bt709', 'tv']),
  ],
  ['samples of no table', [...source('320x240'), ...x264, '-vf', 'setsar=7/5', '-pix_fmt', 'yuv420p']],
  ['scaling lists', [...source('320x240'), ...x264, '-x264-params', 'cqm=jvt:8x8dct=1', '-pix_fmt', 'yuv420p']],
  ['monochrome', [...source('320x240'), ...x264, '-pix_fmt', 'gray']],
  ['lossless', [...source('320x240'), ...x264, '-qp', '0', '-pix_fmt', 'yuv420p']],
  ['intra only', [...source('320x240'), ...x264, '-g', '1', '-pix_fmt', 'yuv420p']],
])('H.264, %s', (_name, args) => {
  test('as ffprobe reads it', async () => {
    const file = await clip('mp4', args)
    const [sps, probed] = [readAvcSps(await parameterSet(file, 'avcC')), await probe(file)]
    // FFmpeg's coded size of H.264 is the cropped one; its decoder makes monochrome 4:2:0
    const rows = sps.interlaced ? 32 : 16
    const coded = { codedWidth: Math.ceil(probed.width / 16) * 16, codedHeight: Math.ceil(probed.height / rows) * rows }
    const chroma = args.includes('gray') ? { chromaFormat: 0 } : {}
    expect(facts(sps)).toEqual({ ...probedFacts(probed), ...coded, ...chroma })
    expect(sps.level).toBe(probed.level)
    expect(sps.maxReorderFrames).toBe(probed.has_b_frames)
    expect(sps.interlaced).toBe(args.includes('tff=1'))
  })
})

describe.each([
  ['Main', [...source('320x240'), ...x265, '-pix_fmt', 'yuv420p']],
  ['odd size and rate', [...source('318x182', '24000/1001'), ...x265, '-pix_fmt', 'yuv420p']],
  ['Main 10, HDR', colour([...source('320x240'), ...x265, '-pix_fmt', 'yuv420p10le'], ['bt2020', 'smpte2084', 'bt2020nc', 'tv'])],
  ['4:2:2, 12 bits', [...source('320x240'), ...x265, '-pix_fmt', 'yuv422p12le']],
  ['4:4:4', [...source('320x240'), ...x265, '-pix_fmt', 'yuv444p']],
  ['B-frames', [...source('320x240'), ...x265, '-preset', 'medium', '-pix_fmt', 'yuv420p']],
  ['temporal layers', [...source('320x240'), ...x265, '-x265-params', 'log-level=none:temporal-layers=1', '-pix_fmt', 'yuv420p']],
  ['scaling lists', [...source('320x240'), ...x265, '-x265-params', 'log-level=none:scaling-list=default', '-pix_fmt', 'yuv420p']],
  ['interlaced', [...source('320x240'), ...x265, '-x265-params', 'log-level=none:interlace=tff', '-pix_fmt', 'yuv420p']],
  ['samples of no table', [...source('320x240'), ...x265, '-vf', 'setsar=7/5', '-pix_fmt', 'yuv420p']],
])('HEVC, %s', (name, args) => {
  test('as ffprobe reads it', async () => {
    const file = await clip('mp4', [...args, '-tag:v', 'hvc1'])
    const [sps, probed] = [readHevcSps(await parameterSet(file, 'hvcC')), await probe(file)]
    expect(facts(sps)).toEqual(probedFacts(probed))
    expect(sps.level).toBe(probed.level)
    expect(sps.maxReorderFrames).toBe(probed.has_b_frames)
    expect(sps.fields).toBe(name === 'interlaced')
  })
})

function colour(args: string[], [primaries = '', transfer = '', matrix = '', range = '']: string[]): string[] {
  return [...args, '-color_primaries', primaries, '-color_trc', transfer, '-colorspace', matrix, '-color_range', range]
}

function facts(sps: ReturnType<typeof readAvcSps> | ReturnType<typeof readHevcSps>): unknown {
  const { width, height, codedWidth, codedHeight, sampleAspect, frameRate, chromaFormat, bitDepthLuma } = sps
  const { primaries = 2, transfer = 2, matrix = 2, fullRange = false } = sps.colour ?? {}
  return {
    ...{ width, height, codedWidth, codedHeight, aspect: aspect(sampleAspect), fps: fps(frameRate).toFixed(3), chromaFormat },
    ...{ bitDepthLuma, primaries, transfer, matrix, fullRange },
  }
}

function probedFacts(probed: Probed): object {
  const { pix_fmt: format } = probed
  return {
    width: probed.width,
    height: probed.height,
    codedWidth: probed.coded_width,
    codedHeight: probed.coded_height,
    aspect: probed.sample_aspect_ratio ?? 'N/A',
    fps: fraction(probed.r_frame_rate).toFixed(3),
    chromaFormat: format.startsWith('gray') ? 0 : format.includes('420') ? 1 : format.includes('422') ? 2 : 3,
    bitDepthLuma: Number(/p(\d+)le/.exec(format)?.[1] ?? 8),
    primaries: PRIMARIES[probed.color_primaries ?? ''] ?? 2,
    transfer: TRANSFER[probed.color_transfer ?? ''] ?? 2,
    matrix: MATRIX[probed.color_space ?? ''] ?? 2,
    fullRange: probed.color_range === 'pc',
  }
}

/** Bits written by the syntax tables of the standards: what no encoder at hand writes. */
class BitWriter {
  #bits = ''
  u(width: number, value: number): this {
    this.#bits += value.toString(2).padStart(width, '0')
    return this
  }
  ue(...values: number[]): this {
    for (const value of values) {
      const bits = (value + 1).toString(2)
      this.#bits += '0'.repeat(bits.length - 1) + bits
    }
    return this
  }
  se(...values: number[]): this {
    return this.ue(...values.map((value) => (value > 0 ? 2 * value - 1 : -2 * value)))
  }
  bytes(): Uint8Array {
    const whole = `${this.#bits}1`.padEnd(Math.ceil((this.#bits.length + 1) / 8) * 8, '0')
    return Uint8Array.from(whole.match(/.{8}/g) ?? [], (octet) => Number.parseInt(octet, 2))
  }
}

test('H.264 without VUI: the reorder depth is inferred, order count type 1 is walked over', () => {
  const head = (): BitWriter => new BitWriter().u(8, 0x67).u(8, 66).u(8, 0xc0).u(8, 30)
  // id, log2_max_frame_num; type 1: flag, two offsets, a cycle of two; refs, gaps, 20 by 15 macroblocks, frames only, direct, no crop, no VUI
  const cyclic = head().ue(0, 0, 1).u(1, 0).se(-3, 2).ue(2).se(1, -1).ue(1).u(1, 0).ue(19, 14).u(1, 1).u(1, 1).u(1, 0).u(1, 0)
  expect(readAvcSps(cyclic.bytes())).toMatchObject({ width: 320, height: 240, orderCountType: 1, maxReorderFrames: 16, maxRefFrames: 1 })
  const ordered = head().ue(0, 0, 2).ue(1).u(1, 0).ue(19, 14).u(1, 1).u(1, 1).u(1, 0).u(1, 0)
  expect(readAvcSps(ordered.bytes())).toMatchObject({ orderCountType: 2, maxReorderFrames: 0, colour: null, frameRate: null })
  // 120 by 68 macroblocks at level 4.0: Floor(32768 / 8160) = 4
  const large = new BitWriter()
    .u(8, 0x67)
    .u(8, 77)
    .u(8, 0)
    .u(8, 40)
    .ue(0, 0, 0, 0, 4)
    .u(1, 0)
    .ue(119, 67)
    .u(1, 1)
    .u(1, 1)
    .u(1, 1)
    .ue(0, 0, 0, 4)
    .u(1, 0)
  expect(readAvcSps(large.bytes())).toMatchObject({ width: 1920, height: 1080, codedHeight: 1088, maxReorderFrames: 4 })
})

test('HEVC: predicted reference picture sets, long-term references, PCM, explicit scaling lists lie before the VUI', () => {
  const writer = new BitWriter().u(16, 0x4201).u(4, 0).u(3, 0).u(1, 1)
  // Profile, compatibility, constraints, level 3.1
  writer.u(8, 1).u(32, 0x60000000).u(16, 0x9000).u(32, 0).u(8, 93)
  // id, 4:2:0, 416 by 240, no window, 8 bits, log2 order count 8, ordering of one layer
  writer.ue(0, 1, 416, 240).u(1, 0).ue(0, 0, 4).u(1, 1).ue(4, 2, 0)
  writer.ue(0, 3, 0, 3, 1, 1)
  // Scaling lists, sent: every matrix of the first size by coefficients, the others by reference
  writer.u(1, 1).u(1, 1)
  for (let matrix = 0; matrix < 6; matrix += 1) writer.u(1, 1).se(...Array.from({ length: 16 }, (_, index) => (index % 3) - 1))
  for (let matrix = 0; matrix < 12; matrix += 1) writer.u(1, 0).ue(0)
  for (let matrix = 0; matrix < 2; matrix += 1) writer.u(1, 1).se(0, ...Array.from({ length: 64 }, () => 0))
  writer.u(1, 1).u(1, 1)
  // PCM
  writer.u(1, 1).u(4, 7).u(4, 7).ue(0, 2).u(1, 0)
  // Three sets: {-1, -3 | +2}; the first shifted by -1 without its last two; that one shifted by +2 in full
  writer.ue(3)
  writer.ue(2, 1).ue(0).u(1, 1).ue(1).u(1, 1).ue(1).u(1, 1)
  // From deltas -1, -3, 2 and 0 (itself), by -1: used -2, -4; not used, not kept: 1; kept though not used: -1. Now -1, -2, -4.
  writer.u(1, 1).u(1, 1).ue(0).u(1, 1).u(1, 1).u(2, 0b00).u(2, 0b01)
  // By +2: 1, 0 (dropped), -2, and 2: four flags, one each
  writer.u(1, 1).u(1, 0).ue(1).u(1, 1).u(1, 1).u(1, 1).u(1, 1)
  // Two long-term pictures of 8 bits each
  writer.u(1, 1).ue(2).u(8, 5).u(1, 1).u(8, 9).u(1, 0)
  writer.u(1, 1).u(1, 1)
  // VUI: 16:11 samples, no overscan, signal with colour, no chroma location, three flags, a display window, timing
  writer.u(1, 1).u(1, 1).u(8, 4).u(1, 0).u(1, 1).u(3, 5).u(1, 1).u(1, 1).u(8, 9).u(8, 18).u(8, 9).u(1, 0)
  writer.u(1, 0).u(1, 0).u(1, 0).u(1, 1).ue(0, 0, 0, 0).u(1, 1).u(32, 1001).u(32, 60000)
  expect(readHevcSps(writer.bytes())).toMatchObject({
    ...{ width: 416, height: 240, maxReorderFrames: 2, sampleAspect: { width: 16, height: 11 } },
    colour: { primaries: 9, transfer: 18, matrix: 9, fullRange: true },
    frameRate: { numerator: 60000, denominator: 1001 },
  })
})

test('anything else is a MediaError', async () => {
  const avc = await parameterSet(await clip('mp4', [...source('320x240'), ...x264, '-pix_fmt', 'yuv420p']), 'avcC')
  const hevc = await parameterSet(await clip('mp4', [...source('320x240'), ...x265, '-pix_fmt', 'yuv420p', '-tag:v', 'hvc1']), 'hvcC')
  for (const [read, unit] of [[readAvcSps, avc] as const, [readHevcSps, hevc] as const]) {
    fc.assert(
      fc.property(fc.nat(unit.length), fc.array(fc.tuple(fc.nat(unit.length - 1), fc.nat(255))), (length, changes) => {
        const damaged = unit.slice(0, length)
        for (const [at, value] of changes) if (at < length) damaged[at] = value
        try {
          const { width, height } = read(damaged)
          expect(width).toBeGreaterThan(0)
          expect(height).toBeGreaterThan(0)
        } catch (error) {
          expect(error).toBeInstanceOf(MediaError)
        }
      }),
      { numRuns: 500 },
    )
  }
  expect(() => readAvcSps(hevc)).toThrow(MediaError)
  expect(() => readHevcSps(avc)).toThrow(MediaError)
})
