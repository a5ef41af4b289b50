/** The index of a source, without a file: pages, cuts, clocks and layout from tables that are made here. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { SampleTable } from '../container/model.ts'
import { MediaError } from '../errors.ts'
import { cutPicture, cutSound, evenBorders } from './cut.ts'
import { readPage, writePage } from './page.ts'
import { layOut } from './segment.ts'
import { clockOf, originSeconds } from './timeline.ts'

/** A picture of 25 frames a second at 1000 ticks, a keyframe every `gop` frames, each frame of `size` bytes. */
function table(count: number, gop: number, size = 100, ticks = 40): SampleTable {
  return {
    count,
    offset: Float64Array.from({ length: count }, (_, at) => at * size),
    size: new Uint32Array(count).fill(size),
    presentationTicks: Float64Array.from({ length: count }, (_, at) => at * ticks),
    decodeTicks: Float64Array.from({ length: count }, (_, at) => at * ticks),
    durationTicks: new Uint32Array(count).fill(ticks),
    sync: Uint8Array.from({ length: count }, (_, at) => (at % gop === 0 ? 1 : 0)),
  }
}

interface Sample {
  offset: number
  sizeBytes: number
  durationTicks: number
  compositionOffsetTicks: number
  sync: boolean
}

/** The samples of a segment whose `tfdt` is `start`. */
function tableOf(start: number, samples: Sample[]): SampleTable {
  const decodeTicks = new Float64Array(samples.length)
  for (let row = 0, ticks = start; row < samples.length; row += 1) {
    decodeTicks[row] = ticks
    ticks += samples[row]?.durationTicks ?? 0
  }
  return {
    count: samples.length,
    offset: Float64Array.from(samples, ({ offset }) => offset),
    size: Uint32Array.from(samples, ({ sizeBytes }) => sizeBytes),
    presentationTicks: Float64Array.from(samples, ({ compositionOffsetTicks }, row) => (decodeTicks[row] ?? 0) + compositionOffsetTicks),
    decodeTicks,
    durationTicks: Uint32Array.from(samples, ({ durationTicks }) => durationTicks),
    sync: Uint8Array.from(samples, ({ sync }) => (sync ? 1 : 0)),
  }
}

const AT_ZERO = { timescale: 1000, shiftTicks: 0, endTicks: Infinity }

test('a page is read as it was written', async () => {
  const sample = fc.record({
    offset: fc.integer({ min: 0, max: 2 ** 44 }),
    sizeBytes: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    durationTicks: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    compositionOffsetTicks: fc.integer({ min: -(2 ** 31), max: 2 ** 31 }),
    sync: fc.boolean(),
  })
  const segment = fc
    .record({ decodeTicks: fc.integer({ min: 0, max: 2 ** 48 }), samples: fc.array(sample, { minLength: 1, maxLength: 20 }) })
    .map(({ decodeTicks, samples }) => tableOf(decodeTicks, samples))
  await fc.assert(
    fc.asyncProperty(fc.array(segment, { maxLength: 6 }), async (segments) => {
      expect(await readPage(await writePage(segments))).toEqual(segments)
    }),
    { numRuns: 200 },
  )
})

test('bytes that are no page are refused', async () => {
  await expect(readPage(Uint8Array.of(1, 2, 3, 4, 5))).rejects.toThrow(MediaError)
  const page = await writePage([table(1, 1)])
  await expect(readPage(page.subarray(0, page.length - 2))).rejects.toThrow(MediaError)
})

test('the picture is cut at its keyframes, four seconds or more apart', () => {
  const cuts = cutPicture({ samples: table(500, 60), ...AT_ZERO })
  // A keyframe every 2.4 s: two make 4.8 s.
  expect(cuts.map(({ from, to, startTicks }) => [from, to, startTicks])).toEqual([
    [0, 120, 0],
    [120, 240, 4800],
    [240, 360, 9600],
    [360, 480, 14400],
    [480, 500, 19200],
  ])
})

test('what comes before the first keyframe is not there to decode', () => {
  const samples = table(100, 50)
  samples.sync[0] = 0
  expect(cutPicture({ samples, ...AT_ZERO })[0]).toMatchObject({ from: 50, startTicks: 2000 })
})

test.each([
  ['no keyframe', { samples: table(100, 1000), noKey: true }, /no keyframe/],
  ['keyframes a minute apart', { samples: table(2000, 1500) }, /no keyframe for 60 seconds/],
  ['too many bytes', { samples: table(100, 100, 1_000_000) }, /100 MB between two keyframes/],
])('refused: %s', (_name, { samples, ...rest }, reason) => {
  if ('noKey' in rest) samples.sync.fill(0)
  expect(() => cutPicture({ samples, ...AT_ZERO })).toThrow(reason)
})

test('an edit list that begins between keyframes cannot be said in a playlist, one on a keyframe can', () => {
  expect(() => cutPicture({ samples: table(100, 50), timescale: 1000, shiftTicks: -1000, endTicks: 3000 })).toThrow(/between two keyframes/)
  expect(cutPicture({ samples: table(100, 50), timescale: 1000, shiftTicks: 0, endTicks: 3000 })).toEqual([
    { from: 0, to: 75, startTicks: 0 },
  ])
})

test('what an edit list cuts off ahead of a keyframe is left out, and of the sound all but a run-up', () => {
  const clock = { timescale: 1000, shiftTicks: -4000, endTicks: Infinity }
  expect(cutPicture({ samples: table(500, 50), ...clock })[0]).toEqual({ from: 100, to: 200, startTicks: 0 })
  expect(cutSound({ samples: table(500, 1, 10, 20), ...clock }, [4])).toEqual([
    { from: 190, to: 400, startTicks: -200 },
    { from: 400, to: 500, startTicks: 4000 },
  ])
})

test('sound is cut where the picture is', () => {
  const sound = table(500, 1, 10, 23)
  const cuts = cutSound({ samples: sound, ...AT_ZERO }, [4.8, 9.6])
  expect(cuts.map(({ startTicks }) => startTicks)).toEqual([0, 4807, 9614])
  expect(cutSound({ samples: sound, ...AT_ZERO }, evenBorders(11.5)).map(({ startTicks }) => startTicks)).toEqual([0, 4002, 8004])
})

test('a segment is laid out without its bytes: a keyframe alone, then the rest, neighbours joined', () => {
  const samples = [0, 1, 2, 3].map((at) => ({
    offset: at < 2 ? at * 10 : 1000 + at * 10,
    sizeBytes: 10,
    durationTicks: 40,
    compositionOffsetTicks: 0,
    sync: at === 0,
  }))
  const { pieces, sizeBytes, keyframeBytes } = layOut(tableOf(0, samples), 3)
  expect(pieces.filter((piece) => !('bytes' in piece))).toEqual([
    { offset: 0, length: 10 },
    { offset: 10, length: 10 },
    { offset: 1020, length: 20 },
  ])
  const heads = pieces.flatMap((piece) => ('bytes' in piece ? [piece.bytes] : []))
  expect(heads).toHaveLength(2)
  expect(keyframeBytes).toBe((heads[0]?.length ?? 0) + 10)
  expect(sizeBytes).toBe(heads.reduce((sum, { length }) => sum + length, 40))
})

test('the clock of an edit list', () => {
  const edit = (durationSeconds: number | null, mediaTicks: number | null, rate = 1) => ({ durationSeconds, mediaTicks, rate })
  const clock = (...edits: ReturnType<typeof edit>[]) => clockOf({ edits, timescale: 1000 })
  expect(clock()).toEqual({ shiftTicks: 0, endTicks: Infinity })
  expect(clock(edit(null, 80))).toEqual({ shiftTicks: -80, endTicks: Infinity })
  expect(clock(edit(0.5, null), edit(2, 80))).toEqual({ shiftTicks: 420, endTicks: 2500 })
  expect(() => clock(edit(1, 0), edit(1, 5000))).toThrow(/order of its own/)
  expect(() => clock(edit(1, 0, 2))).toThrow(/another speed/)
})

test('zero is the first track, a whole number of frames before the picture', () => {
  const clock = { shiftTicks: 0, endTicks: Infinity }
  const late = table(100, 50)
  late.presentationTicks = late.presentationTicks.map((ticks) => ticks + 500)
  const picture = { kind: 'video' as const, timescale: 1000, clock, samples: late }
  const sound = { kind: 'audio' as const, timescale: 1000, clock, samples: table(100, 1, 10, 20) }
  expect(originSeconds([picture])).toBeCloseTo(0.5, 9)
  // 12 frames of 40 ms before 0.5 s
  expect(originSeconds([picture, sound])).toBeCloseTo(0.02, 9)
  expect(originSeconds([sound])).toBe(0)
})

test('a clock of milliseconds does not make the frame rate another one', () => {
  // 30 frames a second as Matroska writes them; the sound leads by 30 frames, which is one second.
  const late = table(300, 30)
  late.presentationTicks = late.presentationTicks.map((_, at) => 1000 + Math.round((at * 1000) / 30))
  late.durationTicks = late.durationTicks.map((_, at) => Math.round(((at + 1) * 1000) / 30) - Math.round((at * 1000) / 30))
  const clock = { shiftTicks: 0, endTicks: Infinity }
  const picture = { kind: 'video' as const, timescale: 1000, clock, samples: late }
  const sound = { kind: 'audio' as const, timescale: 1000, clock, samples: table(100, 1, 10, 20) }
  expect(originSeconds([picture, sound])).toBeCloseTo(0, 9)
})
