/** Input that is cut, holed, changed, too large or not MP4 at all: a `MediaError`, soon, and nothing else. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { concat, u32, zeros } from '../bytes/write-bytes.ts'
import { MediaError } from '../errors.ts'
import { TFHD, TRUN } from '../mp4/fragment-boxes.ts'
import { box, fullBox } from '../mp4/write-box.ts'
import { type CutterOptions, type CutterOutput, SegmentCutter } from './segment-cutter.ts'

const FRAME = 1001
const options: CutterOptions = {
  baseDecodeTicks: 0,
  delayTicks: 2 * FRAME,
  firstSegment: 0,
  segmentsPerChunk: 2,
  grouping: { by: 'gops', gopsPerSegment: 2 },
  createHash: () => {
    const hash = createHash('sha256')
    return { update: (part) => void hash.update(part), hex: () => hash.digest('hex') }
  },
}

/** Encodes what FFmpeg generates, as the runner does. */
function encode(...args: string[]): Buffer {
  const output = ['-movflags', '+delay_moov+default_base_moof+frag_keyframe', '-f', 'mp4', 'pipe:1']
  return execFileSync('ffmpeg', ['-v', 'error', '-nostdin', ...args, ...output], { stdio: ['ignore', 'pipe', 'ignore'] })
}

/** Everything that comes out, with the bytes of chunks in one piece. */
function cut(bytes: Uint8Array, changes: Partial<CutterOptions> = {}, step = 4096): { outputs: CutterOutput[]; bytes: Buffer } {
  const cutter = new SegmentCutter({ ...options, ...changes })
  const outputs: CutterOutput[] = []
  for (let at = 0; at < bytes.length; at += step) outputs.push(...cutter.push(bytes.subarray(at, at + step)))
  outputs.push(...cutter.end())
  const data = outputs.flatMap((output) => (output.type === 'data' ? [output.bytes] : []))
  return { outputs: outputs.filter(({ type }) => type !== 'data'), bytes: Buffer.concat(data) }
}

/** Code of the `MediaError` that `run` ends in, or `none`; any other error is thrown on. */
function codeOf(run: () => unknown): string {
  try {
    run()
    return 'none'
  } catch (error) {
    if (error instanceof MediaError) return error.code
    throw error
  }
}

const good = encode(
  ...['-f', 'lavfi', '-i', 'testsrc2=s=192x108:r=24000/1001', '-frames:v', '30', '-pix_fmt', 'yuv420p'],
  ...['-c:v', 'libx264', '-preset', 'veryfast', '-bf', '3', '-g', '12', '-sc_threshold', '0', '-video_track_timescale', '24000'],
)
const expected = cut(good)

/** Offsets of the top-level boxes of a type. */
function boxesAt(type: string): number[] {
  const found: number[] = []
  for (let at = good.indexOf(type); at >= 0; at = good.indexOf(type, at + 1)) found.push(at - 4)
  return found
}

test('how the bytes are cut into pieces makes no difference', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: good.length }), (step) => {
      expect(cut(good, {}, step)).toEqual(expected)
    }),
    { numRuns: 30, examples: [[1], [7], [good.length]] },
  )
})

test('a cut tail is an error at every byte but between boxes', () => {
  const [mfra = 0] = boxesAt('mfra')
  const whole = new Set([...boxesAt('moof').slice(1), mfra])
  for (let length = 0; length < good.length; length += 97) {
    if (whole.has(length)) continue
    expect(codeOf(() => cut(good.subarray(0, length)))).toBe('truncated')
  }
  expect(cut(good.subarray(0, mfra)).bytes).toEqual(expected.bytes)
})

test('a lost fragment is a gap', () => {
  const [, second = 0, third = 0] = boxesAt('moof')
  const holed = Buffer.concat([good.subarray(0, second), good.subarray(third)])
  expect(codeOf(() => cut(holed))).toBe('gap')
})

test('a run that has a sample for each byte costs more than its bytes, and is refused', () => {
  const count = 200_000
  const [first = 0] = boxesAt('moof')
  const header = fullBox('tfhd', 0, TFHD.defaultBaseIsMoof | TFHD.defaultSampleDuration | TFHD.defaultSampleSize, u32(1, FRAME, 1))
  const traf = (offset: number): Uint8Array =>
    box('traf', header, fullBox('tfdt', 0, 0, u32(0)), fullBox('trun', 0, TRUN.dataOffset, u32(count, offset)))
  const moof = (offset: number): Uint8Array => box('moof', fullBox('mfhd', 0, 0, u32(1)), traf(offset))
  const fragment = concat([moof(moof(0).length + 8), box('mdat', zeros(count))])
  expect(codeOf(() => cut(concat([good.subarray(0, first), fragment])))).toBe('malformed')
})

test('a fragment over the limit, two tracks, a late start, too much reordering', () => {
  expect(codeOf(() => cut(good, { maxFragmentBytes: 1000 }))).toBe('too-large')
  expect(codeOf(() => cut(good, { delayTicks: 0 }))).toBe('unsupported')
  const both = ['-f', 'lavfi', '-i', 'testsrc2=s=64x64:d=1', '-f', 'lavfi', '-i', 'sine=d=1']
  expect(codeOf(() => cut(encode(...both)))).toBe('unsupported')
  const late = ['-f', 'lavfi', '-i', 'testsrc2=s=64x64:d=1', '-vf', 'setpts=PTS+2/TB', '-fps_mode', 'passthrough']
  expect(codeOf(() => cut(encode(...late)))).toBe('unsupported')
})

test('not MP4 at all', () => {
  expect(codeOf(() => cut(Buffer.from('this is a text, not a film. '.repeat(9))))).not.toBe('none')
  expect(codeOf(() => cut(Buffer.alloc(0)))).toBe('truncated')
})

test('changed bytes end in a MediaError or in output, never otherwise', () => {
  // Mostly where the tables are: `moov` and the heads of the fragments.
  const tables = [...boxesAt('moof'), ...boxesAt('ftyp')].flatMap((start) => [start, start + 700])
  const place = fc.oneof(
    fc.nat(good.length - 1),
    fc.constantFrom(...tables).chain((start) => fc.integer({ min: start, max: Math.min(start + 300, good.length - 1) })),
  )
  const change = fc.tuple(place, fc.oneof(fc.constantFrom(0, 1, 127, 128, 255), fc.nat(255)))
  let refused = 0
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
      const bad = Buffer.from(good)
      for (const [at, value] of changes) bad[at] = value
      if (codeOf(() => cut(bad, {}, 65536)) !== 'none') refused += 1
    }),
    { numRuns: 3000 },
  )
  expect(refused).toBeGreaterThan(500)
})
