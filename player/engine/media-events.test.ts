import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { EventLog } from './events.ts'
import { listenToMedia, type MediaEar } from './media-events.ts'

/** As much of a media element as is listened to, playing. */
class Playing extends EventTarget {
  paused = false
  ended = false
  seeking = false
  readyState = 4
  currentTime = 8
}

let video = new Playing()
let log = new EventLog(100, () => performance.now())
let ear: MediaEar | null = null
beforeEach(() => {
  vi.useFakeTimers()
  video = new Playing()
  log = new EventLog(100, () => performance.now())
  ear = listenToMedia(video as unknown as HTMLVideoElement, log, {
    ...{ input: () => {}, seeking: () => {}, failed: () => {}, waitsFor: () => 'segment 4', sinceLoadMs: () => 0, tracks: () => [] },
  })
})
afterEach(() => {
  ear?.release()
  vi.useRealTimers()
})

const say = (type: string): boolean => video.dispatchEvent(new Event(type))
const stalls = (): string[] => log.events.map(({ type }) => type).filter((type) => type.startsWith('stall'))

test('what the browser says late of a picture that stood still is no second stall', () => {
  ear?.frozen(true)
  vi.advanceTimersByTime(2_700)
  ear?.frozen(false)
  vi.advanceTimersByTime(200)
  say('waiting')
  vi.advanceTimersByTime(50)
  say('playing')
  vi.advanceTimersByTime(5_000)
  expect(stalls()).toEqual(['stall', 'stall-ended'])
})

test('what lasts behind it is', () => {
  ear?.frozen(true)
  ear?.frozen(false)
  say('waiting')
  vi.advanceTimersByTime(1_000)
  say('playing')
  expect(stalls()).toEqual(['stall', 'stall-ended', 'stall', 'stall-ended'])
})

test('a playhead that runs dry is a stall at once', () => {
  say('waiting')
  expect(stalls()).toEqual(['stall'])
})
