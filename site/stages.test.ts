import { describe, expect, it } from 'vitest'
import type { Stage } from '../protocol/videos.ts'
import { badgeText, currentLine, stageLines } from './stages.ts'

const stages: Stage[] = [
  { name: 'upload', state: 'done', progress: 1, text: '48.2 MB' },
  { name: 'probe', state: 'done', progress: 0.2, text: '' },
  { name: 'video', state: 'running', progress: 0.25, text: 'chunk 3 of 12' },
  { name: 'audio', state: 'running', progress: 0.6, text: ' ' },
  { name: 'thumbnails', state: 'skipped', progress: 1, text: '' },
  { name: 'finish', state: 'waiting', progress: -1, text: '' },
]

describe('stageLines', () => {
  it('uses the words of the stage, and has some of its own where there are none', () => {
    expect(stageLines(stages).map(({ label, text }) => `${label} · ${text}`)).toEqual([
      'upload · 48.2 MB',
      'probe · done',
      'video · chunk 3 of 12',
      'audio · 60 %',
      'thumbnails · not needed',
      'finish · waiting',
    ])
  })

  it('is whole when done, empty when skipped, and never outside 0 to 1', () => {
    expect(stageLines(stages).map(({ progress }) => progress)).toEqual([1, 1, 0.25, 0.6, 0, 0])
  })
})

it('does not repeat the error of the video', () => {
  expect(stageLines([{ name: 'probe', state: 'failed', progress: 0, text: 'This is not a video.' }])[0]?.text).toBe('failed')
})

describe('currentLine', () => {
  it('is the first stage that runs', () => expect(currentLine(stages)).toBe('video · chunk 3 of 12'))
  it('is the next one while none runs', () =>
    expect(currentLine(stages.filter(({ state }) => state !== 'running'))).toBe('finish · waiting'))
  it('is nothing when all is done', () => expect(currentLine(stages.slice(0, 2))).toBe(''))
})

describe('badgeText', () => {
  it('says how far a video is while it moves', () => {
    expect(badgeText({ state: 'processing', progress: 0.439 })).toBe('Processing 43 %')
    expect(badgeText({ state: 'ready', progress: 1 })).toBe('Ready')
    expect(badgeText({ state: 'failed', progress: 0.1 })).toBe('Failed')
  })
})
