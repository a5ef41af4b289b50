import { expect, it } from 'vitest'
import { TIMELINE, sampleChunk, samplePlan } from '../delivery/sample-video.ts'
import type { Rendition } from '../../protocol/rendition-index.ts'
import type { Playable } from './describe.ts'
import { targetDuration } from './describe.ts'
import { multivariant } from './multivariant.ts'

function rendition(name: string, peakBps: number, codecs = 'avc1.64001f'): Rendition {
  const { facts } = sampleChunk('abcdefghijkl', name, 0)
  const about = facts.kind === 'video' ? { ...facts, codecs } : facts
  return { facts: about, prefixChunks: 1, prefixTicks: facts.timescale, prefixBytes: 1, peakBps, iframeBytes: 1, iframePeakBps: 8 }
}

function order(pictures: Rendition[]): string[] {
  const playable = { pictures, sound: rendition('audio-aac', 130_000) } as unknown as Playable
  return multivariant(playable).variants.map(({ uri }) => uri.split('/')[0] ?? '')
}

it('lists first what most can play at once, then from high to low', () => {
  const ladder = [rendition('1080p-h264', 5e6), rendition('720p-h264', 2.3e6), rendition('480p-h264', 1e6), rendition('240p-h264', 3e5)]
  expect(order(ladder)).toEqual(['720p-h264', '1080p-h264', '480p-h264', '240p-h264'])
})

it('counts the sound', () => {
  expect(order([rendition('720p-h264', 2.45e6), rendition('480p-h264', 1e6)])[0]).toBe('480p-h264')
})

it('takes the lowest when all are high, and H.264 before what not everybody plays', () => {
  expect(order([rendition('2160p-h264', 2e7), rendition('1080p-h264', 9e6)])[0]).toBe('1080p-h264')
  expect(order([rendition('720p-av1', 1e6, 'av01.0.05M.08'), rendition('720p-h264', 2e6)])).toEqual(['720p-h264', '720p-av1'])
  expect(order([rendition('720p-av1', 1e6, 'av01.0.05M.08')])).toEqual(['720p-av1'])
})

it.each([
  [25, 1, 50, 4],
  [30_000, 1_001, 60, 4],
  [24_000, 1_001, 48, 4],
  [12, 5, 5, 4],
])('knows the target duration of %i/%i frames per second from the plan', (num, den, gopFrames, seconds) => {
  const plan = samplePlan([360], true)
  plan.timeline = { ...TIMELINE, frameRate: { num, den }, timescale: num, frameTicks: den, gopFrames }
  expect(targetDuration({ plan, pictures: [], sound: null })).toBe(seconds)
})

it('leaves room for the sound, which may end an AAC frame later than the picture', () => {
  const plan = samplePlan([360], true)
  plan.timeline = { ...TIMELINE, timescale: 1_000, frameTicks: 40, gopFrames: 56, gopsPerSegment: 2 }
  expect(targetDuration({ plan: { ...plan, audio: null }, pictures: [], sound: null })).toBe(4)
  expect(targetDuration({ plan, pictures: [], sound: null })).toBe(5)
})
