import { expect, test } from 'vitest'
import { FreezeWatch } from './freeze.ts'

const playing = { paused: false, ended: false, seeking: false, readyState: 4, currentTime: 5 }
const track = (
  action: string,
  start: number,
  end: number,
): { buffer: { ranges: { start: number; end: number }[] }; plan: { action: string } } => ({
  buffer: { ranges: [{ start, end }] },
  plan: { action },
})

/** Looks every 100 ms; answers whether the last look, after half a second, found the picture frozen. */
function lookAt(main: ReturnType<typeof track> | undefined, video: Partial<typeof playing> = {}): boolean {
  const watch = new FreezeWatch()
  let frozen = false
  for (let nowMs = 0; nowMs <= 500; nowMs += 100) frozen = watch.look({ video: { ...playing, ...video }, main, nowMs })
  return frozen
}

test('a playhead beyond what the picture has is a freeze, unless the picture is over', () => {
  expect(lookAt(track('load', 0, 4))).toBe(true)
  expect(lookAt(track('load', 0, 6))).toBe(false)
  expect(lookAt(track('done', 0, 4))).toBe(false)
  expect(lookAt(undefined)).toBe(false)
})

test('an element that does not claim to play is not frozen', () => {
  for (const video of [{ paused: true }, { ended: true }, { seeking: true }, { readyState: 1 }])
    expect(lookAt(track('load', 0, 4), video)).toBe(false)
})

test('a moment is not a freeze, nor are two', () => {
  const watch = new FreezeWatch()
  const looks = [0, 200, 250, 400, 600].map((nowMs) => watch.look({ video: playing, main: track('load', 0, nowMs === 250 ? 9 : 4), nowMs }))
  expect(looks).toEqual([false, false, false, false, false])
  expect(watch.look({ video: playing, main: track('load', 0, 4), nowMs: 800 })).toBe(true)
})
