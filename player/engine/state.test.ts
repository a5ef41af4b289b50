import { expect, test } from 'vitest'
import { reduce, type PlayerState, type StateInput } from './state.ts'

function run(from: PlayerState, ...inputs: StateInput[]): PlayerState {
  return inputs.reduce(reduce, from)
}

test('from nothing to the end and again', () => {
  expect(run('idle', { type: 'load' })).toBe('loading')
  expect(run('loading', { type: 'ready', wantsToPlay: false })).toBe('paused')
  expect(run('loading', { type: 'ready', wantsToPlay: true }, { type: 'playing' })).toBe('playing')
  expect(run('playing', { type: 'waiting' })).toBe('buffering')
  expect(run('buffering', { type: 'playing' }, { type: 'ended' })).toBe('ended')
  expect(run('ended', { type: 'play' }, { type: 'playing' })).toBe('playing')
  expect(run('playing', { type: 'reset' })).toBe('idle')
})

test('a seek ends where the viewer left off', () => {
  expect(run('playing', { type: 'seeking' })).toBe('seeking')
  expect(run('seeking', { type: 'seeked', wantsToPlay: false, canPlay: true })).toBe('paused')
  expect(run('seeking', { type: 'seeked', wantsToPlay: true, canPlay: true })).toBe('playing')
  expect(run('seeking', { type: 'seeked', wantsToPlay: true, canPlay: false })).toBe('buffering')
  // The element says `playing` and `waiting` in the middle of seeks too.
  expect(run('seeking', { type: 'playing' }, { type: 'waiting' }, { type: 'pause' })).toBe('seeking')
})

test('loading is left only when a frame is there', () => {
  expect(run('loading', { type: 'play' }, { type: 'seeking' }, { type: 'waiting' }, { type: 'pause' })).toBe('loading')
})

test('a failure is left only by load and reset', () => {
  expect(run('playing', { type: 'fail' }, { type: 'playing' }, { type: 'ready', wantsToPlay: true }, { type: 'ended' })).toBe('failed')
  expect(run('failed', { type: 'load' })).toBe('loading')
  expect(run('idle', { type: 'fail' }, { type: 'playing' })).toBe('idle')
})
