import { expect, test } from 'vitest'
import { commandFor, speedAfter, type KeyPress } from './keys.ts'

const press = (key: string, more: Partial<KeyPress> = {}): KeyPress => {
  return { key, ctrlKey: false, altKey: false, metaKey: false, repeat: false, ...more }
}

test('letters mean the same with shift and caps lock', () => {
  expect(commandFor(press('K'))).toEqual({ do: 'toggle-play' })
  expect(commandFor(press('J'))).toEqual({ do: 'seek-by', seconds: -10 })
})

test('digits are tenths', () => {
  expect(commandFor(press('0'))).toEqual({ do: 'seek-to', part: 0 })
  expect(commandFor(press('7'))).toEqual({ do: 'seek-to', part: 0.7 })
})

test('what the browser does with a modifier stays the browser’s', () => {
  expect(commandFor(press('f', { ctrlKey: true }))).toBeNull()
  expect(commandFor(press('ArrowLeft', { altKey: true }))).toBeNull()
  expect(commandFor(press('l', { metaKey: true }))).toBeNull()
  expect(commandFor(press('q'))).toBeNull()
})

test('a key held down goes on seeking, and does not flicker', () => {
  expect(commandFor(press('ArrowRight', { repeat: true }))).toEqual({ do: 'seek-by', seconds: 5 })
  expect(commandFor(press(' ', { repeat: true }))).toBeNull()
})

test('speed goes in steps and stays in its limits', () => {
  expect([speedAfter(1, 1), speedAfter(1, -1), speedAfter(2, 1), speedAfter(0.25, -1), speedAfter(1.1, 1)]).toEqual([
    1.25, 0.75, 2, 0.25, 1.25,
  ])
})
