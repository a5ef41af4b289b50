import { expect, it } from 'vitest'
import type { Plan } from '../../protocol/plan.ts'
import type { Stage } from '../../protocol/videos.ts'
import type { Rendition } from '../../protocol/rendition-index.ts'
import { playableMs, presentVideo, progressOf } from './present.ts'

const rung = { codec: 'h264' as const, width: 2, height: 2, crf: 23, maxBitrateBps: 1, bufferBits: 1 }
const plan: Plan = {
  timeline: {
    frameRate: { num: 30, den: 1 },
    timescale: 30_000,
    frameTicks: 1000,
    gopFrames: 60,
    gopsPerSegment: 2,
    segmentsPerChunk: 2,
    expectedFrames: 600,
  },
  mode: 'chunks',
  chunkCount: 3,
  video: [
    { ...rung, id: '720p-h264' },
    { ...rung, id: '360p-h264' },
  ],
  audio: { id: 'audio-aac', codec: 'aac', bitrateBps: 128_000, channels: 2, sampleRateHz: 48_000 },
  deinterlace: false,
  toneMap: null,
}
const facts = {
  container: 'mov',
  sizeBytes: 3,
  bitrateBps: null,
  originUs: 0,
  durationUs: 20_000_400,
  audio: null,
  wholeBecause: null,
  video: null,
}

function rendition(id: string, timescale: number, ms: number): Rendition {
  const kind = id.startsWith('audio') ? 'audio' : 'video'
  const init = { codecs: '', initKey: '', initSha256: '', initBytes: 1, video: null, audio: null }
  const sums = { prefixChunks: ms > 0 ? 1 : 0, prefixBytes: 1, peakBps: 1, iframeBytes: 0, iframePeakBps: 0 }
  return { facts: { rendition: id, kind, timescale, ...init }, prefixTicks: (ms * timescale) / 1000, ...sums }
}
const stage = (name: Stage['name'], state: Stage['state'], progress = 0): Stage => ({ name, state, progress, text: '' })

it('counts as playable what picture and sound both have', () => {
  const some = [rendition('720p-h264', 30_000, 8000), rendition('360p-h264', 30_000, 16_000), rendition('audio-aac', 48_000, 12_000)]
  const playable = (renditions: Rendition[], change: Partial<Plan> | null = {}, state: 'processing' | 'ready' = 'processing') =>
    playableMs({ state, plan: change === null ? null : { ...plan, ...change } }, renditions)
  expect(playable(some)).toBe(8000)
  expect(playable(some.slice(1))).toBe(12_000)
  expect(playable(some, {}, 'ready')).toBe(16_000)
  expect(playable(some.slice(0, 2))).toBe(0)
  expect(playable(some.slice(0, 2), { audio: null })).toBe(8000)
  expect(playable(some.slice(2))).toBe(0)
  expect(playable(some.slice(2), { video: [] })).toBe(12_000)
  expect(playable([...some.slice(0, 2), rendition('audio-aac', 48_000, 0)])).toBe(0)
  expect(playable([])).toBe(0)
  expect(playable(some, null)).toBe(0)
})

it('weighs the stages, and a video that is ready is whole', () => {
  expect(progressOf([])).toBe(0)
  expect(progressOf([stage('upload', 'running', 0.5)])).toBe(0.1)
  expect(progressOf([stage('upload', 'done'), stage('probe', 'done'), stage('video', 'running', 0.5), stage('audio', 'skipped')])).toBe(
    0.62,
  )
  expect(progressOf([stage('video', 'running', 7)])).toBe(0.6)
  const record = {
    id: 'abcdefghijkl',
    title: 't',
    state: 'ready' as const,
    error: null,
    createdMs: 0,
    source: { name: 'a.mp4', type: 'video/mp4', sizeBytes: 3 },
    codecs: ['h264'],
    facts,
    plan,
    pictures: null,
    sourceNote: null,
  }
  expect(presentVideo(record, [], [])).toMatchObject({ progress: 1, durationMs: 20_000, playableMs: 0, playback: null, width: null })
})
