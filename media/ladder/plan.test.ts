import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { Plan, type SourceFacts, type VideoFacts } from '../../protocol/plan.ts'
import { parseFraction } from './fraction.ts'
import { constantFrameRate, variableFrameRate } from './frame-rate.ts'
import { chunkFrames, planLadder } from './plan.ts'
import { ladderSizes } from './rungs.ts'

function facts(video: Partial<VideoFacts> | null, more: Partial<SourceFacts> = {}): SourceFacts {
  return {
    container: 'mov,mp4,m4a,3gp,3g2,mj2',
    sizeBytes: 1000,
    bitrateBps: null,
    originUs: 0,
    durationUs: 60_000_000,
    video: video && {
      streamIndex: 0,
      codec: 'h264',
      profile: null,
      codedWidth: 1920,
      codedHeight: 1080,
      width: 1920,
      height: 1080,
      rotationDeg: 0,
      frameRate: { num: 30, den: 1 },
      variableFrameRate: false,
      interlaced: false,
      pixelFormat: 'yuv420p',
      bitDepth: 8,
      videoRange: 'SDR',
      startUs: 0,
      durationUs: null,
      ...video,
    },
    audio: { streamIndex: 1, codec: 'aac', channels: 2, sampleRateHz: 48000, startUs: 0, durationUs: null },
    wholeBecause: null,
    ...more,
  }
}

const sizes = (width: number, height: number): string =>
  ladderSizes({ width, height })
    .map((s) => `${s.width}x${s.height}`)
    .join(' ')

describe('sizes of a ladder', () => {
  it.each([
    [1920, 1080, '1920x1080 1280x720 854x480 640x360 426x240'],
    [1080, 1920, '1080x1920 720x1280 480x854 360x640 240x426'],
    [3840, 2160, '3840x2160 2560x1440 1920x1080 1280x720 854x480 640x360 426x240'],
    [7680, 4320, '3840x2160 2560x1440 1920x1080 1280x720 854x480 640x360 426x240'],
    [1366, 768, '1280x720 854x480 640x360 426x240'],
    [1600, 900, '1600x900 1280x720 854x480 640x360 426x240'],
    [1920, 800, '1920x800 1152x480 864x360 576x240'],
    [1440, 1080, '1440x1080 960x720 640x480 480x360 320x240'],
    [853, 481, '852x480 638x360 426x240'],
    [427, 241, '426x240'],
    [176, 144, '176x144'],
    [101, 99, '100x98'],
    [1, 1, '2x2'],
    [20000, 300, '8192x122'],
  ])('%ix%i', (width, height, expected) => {
    expect(sizes(width, height)).toBe(expected)
  })

  it('is even and never larger than the source, for every size', () => {
    for (let width = 2; width < 2600; width += 37)
      for (let height = 2; height < 1500; height += 41)
        for (const size of ladderSizes({ width, height })) {
          expect([size.width % 2, size.height % 2]).toEqual([0, 0])
          expect(size.width <= width && size.height <= height).toBe(true)
        }
  })
})

describe('bit rates', () => {
  it.each([
    [3840, 2160, { num: 30, den: 1 }, [16e6, 9e6, 5e6, 2.8e6, 1.2e6, 0.7e6, 0.35e6]],
    [1920, 1080, { num: 60, den: 1 }, [7.5e6, 4.2e6, 1.8e6, 1.05e6, 0.53e6]],
  ])('%ix%i', (width, height, frameRate, expected) => {
    const rungs = planLadder(facts({ width, height, frameRate }), { codecs: [] }).video
    expect(rungs.map((rung) => Math.round(rung.maxBitrateBps / 50_000))).toEqual(expected.map((bps) => Math.round(bps / 50_000)))
    expect(rungs.every((rung) => rung.bufferBits === 2 * rung.maxBitrateBps)).toBe(true)
  })

  it('gives every codec its rungs, highest first, and keeps within the limits of a plan', () => {
    const plan = planLadder(facts({ width: 3840, height: 2160 }), { codecs: ['h264', 'av1', 'vp9', 'hevc', 'h264'] })
    expect(v.parse(Plan, plan)).toEqual(plan)
    expect(plan.video.length).toBe(24)
    expect(plan.video.filter((rung) => rung.codec === 'h264').length).toBe(7)
    expect(plan.video.slice(0, 4).map((rung) => rung.id)).toEqual(['2160p-h264', '2160p-av1', '2160p-vp9', '2160p-hevc'])
    expect(new Set(plan.video.map((rung) => rung.id)).size).toBe(24)
  })
})

describe('timeline', () => {
  it.each([
    ['24000/1001', 48, 24000, 1001],
    ['24', 48, 10008, 417],
    ['25', 50, 10000, 400],
    ['30000/1001', 60, 30000, 1001],
    ['30', 60, 10020, 334],
    ['50', 100, 10000, 200],
    ['60000/1001', 120, 60000, 1001],
    ['60', 120, 10020, 167],
    ['1', 2, 10000, 10000],
  ])('%s frames per second', (text, gopFrames, timescale, frameTicks) => {
    const frameRate = parseFraction(text)
    if (frameRate === null) throw new Error('bad row')
    expect(planLadder(facts({ frameRate }), { codecs: [] }).timeline).toMatchObject({ gopFrames, timescale, frameTicks, gopsPerSegment: 2 })
  })

  it('counts frames to the end of the video stream from the common origin', () => {
    const late = facts({ startUs: 500_000, durationUs: 10_000_000 }, { originUs: 0, durationUs: 12_000_000 })
    expect(planLadder(late, { codecs: [] }).timeline.expectedFrames).toBe(315)
  })

  it('makes larger chunks of longer videos', () => {
    const at = (minutes: number): number => planLadder(facts({}, { durationUs: minutes * 60e6 }), { codecs: [] }).timeline.segmentsPerChunk
    expect([at(1), at(3), at(19), at(20), at(600)]).toEqual([2, 5, 5, 15, 15])
  })

  it('plans ten hours of black in chunks whose number stays small', () => {
    const plan = planLadder(facts({ frameRate: { num: 25, den: 1 } }, { durationUs: 36_000e6, audio: null }), { codecs: [] })
    expect(plan).toMatchObject({ mode: 'chunks', chunkCount: 600, audio: null })
    expect(plan.timeline.expectedFrames).toBe(900_000)
    expect(chunkFrames(plan.timeline)).toBe(1500)
    expect(v.parse(Plan, plan)).toEqual(plan)
  })

  it('plans sound without picture', () => {
    const plan = planLadder(facts(null, { durationUs: 30e6 }), { codecs: ['h264'] })
    expect(plan).toMatchObject({ mode: 'chunks', chunkCount: 0, video: [], timeline: { gopFrames: 50, expectedFrames: 750 } })
    expect(plan.audio?.id).toBe('audio-aac')
  })

  it('encodes whole what cannot be cut, and says what the picture needs', () => {
    const plan = planLadder(facts({ interlaced: true, videoRange: 'HLG' }, { wholeBecause: 'no index' }), { codecs: [] })
    expect(plan).toMatchObject({ mode: 'whole', deinterlace: true, toneMap: 'HLG' })
  })

  it('refuses a source with nothing in it', () => {
    expect(() => planLadder(facts(null, { audio: null }), { codecs: [] })).toThrow(RangeError)
  })
})

describe('frame rates', () => {
  it.each([
    ['30000/1001', '30000/1001'],
    ['2997/100', '30000/1001'],
    ['23976/1000', '24000/1001'],
    ['24', '24/1'],
    ['120', '60/1'],
    ['120000/1001', '60000/1001'],
    ['100', '50/1'],
    ['144', '48/1'],
    ['240', '60/1'],
    ['75', '75/2'],
    ['14985/1000', '15000/1001'],
    ['17', '17/1'],
    ['1/5', '1/1'],
    ['1000000007/37037000', '27000/1000'],
  ])('constant %s becomes %s', (given, expected) => {
    const rate = parseFraction(given)
    if (rate === null) throw new Error('bad row')
    expect(constantFrameRate(rate)).toEqual(parseFraction(expected))
  })

  it.each([
    [29.87, '30/1'],
    [29.97, '30/1'],
    [23.98, '24/1'],
    [27, '30/1'],
    [59, '60/1'],
    [900, '60/1'],
    [0.2, '5/1'],
    [24.9, '25/1'],
  ])('variable %f becomes %s', (fps, expected) => {
    expect(variableFrameRate(fps)).toEqual(parseFraction(expected))
  })

  it.each(['0/0', '-1/1', 'x', '', '5/0'])('%j is no rate', (text) => {
    expect(parseFraction(text)).toBeNull()
  })
})
