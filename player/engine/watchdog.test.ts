import { expect, test } from 'vitest'
import { freshMemory, look, type WatchInput } from './watchdog.ts'

const base: WatchInput = {
  nowMs: 0,
  playheadS: 5,
  wantsToMove: true,
  seeking: false,
  ranges: [{ start: 0, end: 20 }],
  holeIsFinal: () => true,
  stuckMs: 2_000,
  maxNudges: 2,
  loaderWaitsFor: null,
}

/** Looks every 200 ms for some seconds; answers what was done. A nudge moves the playhead as far as `follows` says. */
function watch(input: Partial<WatchInput>, seconds: number, follows = true): string[] {
  let playheadS = input.playheadS ?? base.playheadS
  let memory = freshMemory(0)
  const done: string[] = []
  for (let nowMs = 0; nowMs <= seconds * 1000; nowMs += 200) {
    const [action, next] = look({ ...base, ...input, playheadS, nowMs }, memory)
    memory = next
    if (action.action === 'none') continue
    done.push(action.action === 'say' ? action.waitsFor : action.action)
    if (follows && (action.action === 'nudge' || action.action === 'jump')) playheadS = action.toS
  }
  return done
}

test('an element that stands still on data is nudged, then set up anew', () => {
  expect(watch({}, 8)).toEqual(['nudge', 'nudge', 'reset'])
})

test('nudges that the element ignores end in a reset too', () => {
  expect(watch({}, 7, false)).toEqual(['nudge', 'nudge', 'reset'])
})

test('a final hole is jumped', () => {
  expect(
    watch(
      {
        playheadS: 19.97,
        ranges: [
          { start: 0, end: 20 },
          { start: 24, end: 30 },
        ],
      },
      1,
    ),
  ).toEqual(['jump'])
})

test('a playhead that sound carries into a final hole is taken out of it although it moves', () => {
  const ranges = [
    { start: 0, end: 4 },
    { start: 6, end: 20 },
  ]
  const [action] = look({ ...base, ranges, playheadS: 4.3 }, { ...freshMemory(0), playheadS: 4.1 })
  expect(action).toMatchObject({ action: 'jump', toS: 6.001 })
  const [patience] = look({ ...base, ranges, playheadS: 4.3, holeIsFinal: () => false }, { ...freshMemory(0), playheadS: 4.1 })
  expect(patience).toEqual({ action: 'none' })
})

test('says once what is waited for', () => {
  expect(watch({ ranges: [], loaderWaitsFor: 'segment 3 of 720p' }, 10)).toEqual(['segment 3 of 720p'])
  expect(watch({ ranges: [] }, 10)).toEqual(['media that no request is under way for'])
})

test('a pause is not a standstill', () => {
  expect(watch({ wantsToMove: false }, 10)).toEqual([])
})
