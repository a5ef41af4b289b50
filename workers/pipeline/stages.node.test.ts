import { describe, expect, it } from 'vitest'
import type { TaskStatus } from '../../protocol/pipeline.ts'
import type { Plan, SourceFacts } from '../../protocol/plan.ts'
import type { TaskKind, TaskResult } from '../../protocol/tasks.ts'
import type { Rendition } from '../../protocol/rendition-index.ts'
import { failureError } from './fail.ts'
import { findHole } from './finish.ts'
import { audioStage, sharedPrefix, videoStage, whyIdle } from './stages.ts'

const FACTS = { durationUs: 40_000_000 } as SourceFacts
const rung = (id: string, codec = 'h264') => ({ id, codec })
const plan = (video = [rung('720p-h264'), rung('360p-h264')], sound = true): Plan =>
  ({ chunkCount: video.length > 0 ? 5 : 0, video, audio: sound ? { id: 'audio-aac' } : null }) as Plan
const rendition = (id: string, prefixChunks: number, prefixTicks = 0): Rendition =>
  ({ facts: { rendition: id, timescale: 48_000 }, prefixChunks, prefixTicks }) as Rendition
const task = (id: string, kind: TaskKind, outcome: TaskStatus['outcome']): TaskStatus => ({ id: `video_aaaaaa:${id}`, kind, outcome })
const encoded = (id: string, chunks: number): TaskStatus => {
  const result: TaskResult = { kind: 'encode-chunk', frames: 1, chunks, renditions: [] }
  return task(id, 'encode-chunk', { state: 'done', result })
}

describe('lines of the processing page', () => {
  it('count what every quality has', () => {
    expect(sharedPrefix(plan(), [rendition('720p-h264', 3), rendition('360p-h264', 1)])).toBe(1)
    expect(videoStage(plan(), [rendition('720p-h264', 3), rendition('360p-h264', 2)])).toMatchObject({
      text: 'chunk 3 of 5',
      progress: 0.4,
    })
    expect(videoStage(plan(), [rendition('720p-h264', 3)])).toMatchObject({ text: 'chunk 1 of 5', progress: 0 })
    // A source may be longer than its header says.
    expect(videoStage(plan(), [rendition('720p-h264', 7), rendition('360p-h264', 7)])).toMatchObject({ text: 'chunk 7 of 7', progress: 1 })
    expect(videoStage(plan([]), [])).toMatchObject({ state: 'skipped', text: 'no picture' })
  })

  it('say how much of the sound is there', () => {
    expect(audioStage(FACTS, plan(), [])).toMatchObject({ progress: 0, text: 'measuring loudness' })
    expect(audioStage(FACTS, plan(), [rendition('audio-aac', 1, 480_000)])).toMatchObject({ progress: 0.25, text: '25 % encoded' })
    expect(audioStage(FACTS, plan([], false), [])).toMatchObject({ state: 'skipped', text: 'no sound' })
  })

  it('say why nothing happens', () => {
    const waits = [task('chunk:0', 'encode-chunk', { state: 'waiting' })]
    const runner = { encoders: ['libx264', 'aac'] }
    const av1 = plan([rung('720p-h264'), rung('720p-av1', 'av1')])
    expect(whyIdle(waits, plan(), [])).toBe('waiting for a runner to connect')
    expect(whyIdle(waits, plan(), [runner])).toBeNull()
    expect(whyIdle(waits, av1, [{ encoders: [] }, runner])).toBe('waiting for a runner whose FFmpeg has libsvtav1')
    expect(whyIdle([...waits, task('chunk:1', 'encode-chunk', { state: 'leased', fraction: 0, text: '' })], av1, [runner])).toBeNull()
    expect(whyIdle([], plan(), [])).toBeNull()
  })

  it('end with the sentence for a bad file, and with the last lines of FFmpeg for anything else', () => {
    const log = Array.from({ length: 20 }, (_, n) => `line ${n}`).join('\n')
    expect(failureError({ reason: 'source', message: 'No video.', log })).toEqual({ code: 'source-unusable', message: 'No video.' })
    const { code, message } = failureError({ reason: 'work', message: 'FFmpeg failed.', log })
    expect(code).toBe('encode-failed')
    expect(message.split('\n')).toEqual(['FFmpeg failed.', ...Array.from({ length: 12 }, (_, n) => `line ${n + 8}`)])
    expect(failureError({ reason: 'work', message: 'It failed.', log: '' }).message).toBe('It failed.')
  })
})

describe('what is missing at the end', () => {
  const full = [rendition('720p-h264', 5), rendition('360p-h264', 5), rendition('audio-aac', 5)]
  const tasks = [0, 1, 2, 3, 4].map((n) => encoded(`chunk:${n}`, 1))

  it('is nothing when everything is there', () => {
    expect(findHole(plan(), full, tasks)).toBeNull()
    expect(findHole(plan(), full, [encoded('whole:0', 5)])).toBeNull()
    expect(findHole(plan([]), [rendition('audio-aac', 1)], [])).toBeNull()
  })

  it('is no chunk that turned out to lie behind the real end', () => {
    const short = [rendition('720p-h264', 4), rendition('360p-h264', 4), rendition('audio-aac', 4)]
    expect(findHole(plan(), short, [...tasks.slice(0, 4), encoded('chunk:4', 0)])).toBeNull()
  })

  it('is named', () => {
    const [top, small, sound] = full
    if (top === undefined || small === undefined || sound === undefined) throw new Error('unreachable')
    expect(findHole(plan(), [top, rendition('360p-h264', 4), sound], tasks)).toBe('720p-h264 has 5 chunks and 360p-h264 has 4.')
    expect(findHole(plan(), [top, sound], tasks)).toBe('720p-h264 has 5 chunks and 360p-h264 has 0.')
    expect(findHole(plan(), [rendition('720p-h264', 2), rendition('360p-h264', 2), sound], tasks)).toBe('Chunk 2 of 720p-h264 is missing.')
    expect(findHole(plan(), [rendition('720p-h264', 0), rendition('360p-h264', 0), sound], [])).toBe('Chunk 0 of 720p-h264 is missing.')
    expect(findHole(plan(), [top, small], tasks)).toBe('The sound is missing.')
  })
})
