import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { TrackKind } from '../container/model.ts'
import { element, text, uint } from '../../tests/support/write-ebml.ts'
import { Master } from './master.ts'
import { sampleTableOf } from './sample-table.ts'
import type { FoundSample } from './scanner-state.ts'
import { type MatroskaTrack, readTrack, tickScale } from './tracks.ts'

function track(kind: TrackKind, defaultDurationNs: number | null = null, timestampScaleNs = 1_000_000): MatroskaTrack {
  const type = { video: 1, audio: 2, text: 17, metadata: 33, other: 3 }[kind]
  const parts = [
    uint(0xd7, 1),
    uint(0x83, type),
    text(0x86, 'A_X'),
    ...(defaultDurationNs === null ? [] : [uint(0x23e383, defaultDurationNs)]),
  ]
  const body = element(0xae, ...parts)
  return readTrack(new Master(body.subarray(2)), tickScale(timestampScaleNs), new Uint8Array())!
}

/** Blocks of one frame of ten bytes, with a header between them. */
const blocks = (...times: number[]): FoundSample[] =>
  times.map((timestampTicks, at) => ({ trackId: 1, offset: 100 + at * 20, size: 10, timestampTicks, durationTicks: null, sync: at === 0 }))

/** A lace of frames right behind each other. */
function lace(offset: number, timestampTicks: number, sizes: number[], durations: number[] = []): FoundSample[] {
  let at = offset
  return sizes.map((size, index) => {
    const sample = { trackId: 1, offset: at, size, timestampTicks, durationTicks: durations[index] ?? null, sync: true }
    at += size
    return sample
  })
}

it('decode times of B-frames are the presentation times in order, as late as can be', () => {
  // I P B B P B B with a frame held back for two
  const { presentationTicks, decodeTicks, durationTicks } = sampleTableOf(blocks(0, 120, 40, 80, 240, 160, 200), track('video', 40_000_000))
  expect([...presentationTicks]).toEqual([0, 120, 40, 80, 240, 160, 200])
  expect([...decodeTicks]).toEqual([-40, 0, 40, 80, 120, 160, 200])
  expect([...durationTicks]).toEqual([40, 40, 40, 40, 40, 40, 40])
})

it('a gap in the film does not move the rest of it', () => {
  const { decodeTicks, presentationTicks } = sampleTableOf(blocks(0, 120, 40, 80, 9000, 8920, 8960), track('video'))
  const offsets = [...presentationTicks].map((ticks, at) => ticks - decodeTicks[at]!)
  expect(Math.min(...offsets)).toBe(0)
  expect([...decodeTicks].slice(0, 5)).toEqual([0 - 1500, 0, 40, 80, 120])
})

it('decode times never go back and are never late, whatever was stored', () => {
  const order = fc.array(fc.integer({ min: 0, max: 15 }), { minLength: 1, maxLength: 60 })
  fc.assert(
    fc.property(order, (shifts) => {
      // Frames are shown at most 15 places from where they are decoded.
      const shown = shifts.map((shift, at) => ({ at, key: at + shift })).toSorted((a, b) => a.key - b.key || a.at - b.at)
      const times = shifts.map(() => 0)
      for (const [rank, { at }] of shown.entries()) times[at] = rank * 33
      const { decodeTicks, presentationTicks, count } = sampleTableOf(blocks(...times), track('video'))
      for (let at = 0; at < count; at += 1) {
        expect(decodeTicks[at]!).toBeLessThanOrEqual(presentationTicks[at]!)
        if (at > 0) expect(decodeTicks[at]!).toBeGreaterThan(decodeTicks[at - 1]!)
      }
    }),
  )
})

it('a clock that was set back does not hold everything up', () => {
  const times = [...Array.from({ length: 100 }, (_, at) => at * 40), ...Array.from({ length: 100 }, (_, at) => at * 40)]
  const { decodeTicks } = sampleTableOf(blocks(...times), track('video'))
  expect(decodeTicks[0]!).toBeGreaterThan(-16 * 40 - 1)
  expect([...decodeTicks]).toEqual([...decodeTicks].toSorted((a, b) => a - b))
})

it('laced frames follow each other at DefaultDuration', () => {
  const found = [...lace(100, 0, [10, 11, 12]), ...lace(200, 78, [10, 11])]
  const { presentationTicks, durationTicks } = sampleTableOf(found, track('audio', 26_122_449))
  expect([...presentationTicks]).toEqual([0, 26, 52, 78, 104])
  expect([...durationTicks]).toEqual([26, 26, 26, 26, 26])
})

it('laced frames follow each other at the duration of their block', () => {
  const found = lace(100, 500, [10, 11, 12], [33, 33, 34])
  expect([...sampleTableOf(found, track('audio', 1_000_000)).presentationTicks]).toEqual([500, 533, 566])
})

it('laced frames share the time to the next block where nothing else is said', () => {
  const found = [...lace(100, 0, [10, 11, 12, 13]), ...lace(200, 80, [10, 11, 12, 13])]
  expect([...sampleTableOf(found, track('audio')).presentationTicks]).toEqual([0, 20, 40, 60, 80, 100, 120, 140])
})

it('laced frames of Vorbis and AAC are no longer than they can be, where blocks are missing', () => {
  const sound = (codecId: string, config: Uint8Array): MatroskaTrack => {
    const { track: plain, ...rest } = track('audio')
    return { ...rest, track: { ...plain, codecId, config, audio: { channels: 2, sampleRateHz: 48_000 } } }
  }
  // Two lengths, then the identification header; blocksizes of 2^8 and 2^11
  const vorbis = Uint8Array.from([2, 30, 255, 1, 1, ...Array.from({ length: 27 }, () => 0), 0xb8, 1])
  const found = [...lace(100, 0, [10, 11, 12, 13]), ...lace(200, 2000, [10, 11])]
  expect([...sampleTableOf(found, sound('A_VORBIS', vorbis)).presentationTicks]).toEqual([0, 21, 42, 63, 2000, 2021])
  expect([...sampleTableOf(found, sound('A_AAC', new Uint8Array())).presentationTicks]).toEqual([0, 42, 84, 126, 2000, 2042])
  expect([...sampleTableOf(found, sound('A_VORBIS', vorbis.subarray(0, 20))).presentationTicks].slice(0, 2)).toEqual([0, 500])
})

it('frames of two blocks at one time are no lace', () => {
  expect([...sampleTableOf(blocks(0, 0, 40), track('audio', 40_000_000)).presentationTicks]).toEqual([0, 0, 40])
})

it('a text is shown as long as its block says', () => {
  const found = blocks(100, 900).map((sample, at) => ({ ...sample, durationTicks: at === 0 ? 300 : 250 }))
  expect([...sampleTableOf(found, track('text')).durationTicks]).toEqual([300, 250])
})

it('the last frame of sound ends where its padding begins', () => {
  const found = blocks(0, 20, 40).map((sample, at) => (at === 2 ? { ...sample, discardNs: 13_500_000 } : sample))
  expect([...sampleTableOf(found, track('audio', 20_000_000)).durationTicks]).toEqual([20, 20, 6])
})

it('a tick that is no part of a second is counted in microseconds', () => {
  const entry = track('audio', null, 22_675)
  expect(entry.track.timescale).toBe(1_000_000)
  expect([...sampleTableOf(blocks(0, 1024, 2048), entry).presentationTicks]).toEqual([0, 23_219, 46_438])
})

it('sound can be entered anywhere', () => {
  expect([...sampleTableOf(blocks(0, 20), track('audio')).sync]).toEqual([1, 1])
  expect([...sampleTableOf(blocks(0, 20), track('video')).sync]).toEqual([1, 0])
})

it('a track without samples is an empty table', () => {
  expect(sampleTableOf([], track('video'))).toMatchObject({ count: 0, decodeTicks: new Float64Array() })
})
