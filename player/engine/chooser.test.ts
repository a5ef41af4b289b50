import { expect, test } from 'vitest'
import type { AbrInput, AbrRule, Rung } from '../abr/rule.ts'
import { Chooser } from './chooser.ts'
import { DEFAULT_CONFIG } from './config.ts'
import type { EventBody } from './events.ts'

const rungs: Rung[] = ['low', 'middle', 'high'].map((id, index) => {
  const bps = (index + 1) * 1e6
  return { id, peakBps: bps, averageBps: bps, width: 0, height: 0 }
})
const moment = {
  ...{ nowMs: 0, rungs, bufferS: 2, segment: 4, segmentDurationS: 4, upcoming: [], remainingS: null, playbackRate: 1, elementHeight: null },
}
const download = { rungId: 'high', segment: 4, segmentDurationS: 4, bytes: 1, totalBytes: 9, ttfbMs: 1, elapsedMs: 2, cached: false }

test('what is taken instead of a download that was given up is what the next decision goes on from', () => {
  const asked: AbrInput[] = []
  const rule: AbrRule = {
    name: 'high, but for what it gives up',
    start: () => ({
      decide: (input) => {
        asked.push(input)
        return { id: 'high', reason: 'it always is', numbers: {} }
      },
      abandon: () => ({ id: 'low', reason: 'the rest takes too long', numbers: {} }),
    }),
  }
  const events: EventBody[] = []
  const chooser = new Chooser({ ...DEFAULT_CONFIG, storageKey: null, rule }, (event) => events.push(event))
  chooser.decide(moment)
  expect(chooser.abandon(download, moment)?.id).toBe('low')
  chooser.decide({ ...moment, segment: 5 })
  expect(asked.map(({ currentId }) => currentId)).toEqual([null, 'low'])
  expect(events.filter(({ type }) => type === 'decision')).toMatchObject([{ from: null }, { from: 'low', to: 'high' }])
})

test('what the viewer chose is not given up', () => {
  const chooser = new Chooser({ ...DEFAULT_CONFIG, storageKey: null }, () => {})
  chooser.chosen = 'high'
  expect(chooser.decide(moment).id).toBe('high')
  expect(chooser.abandon({ ...download, elapsedMs: 60_000 }, moment)).toBeNull()
})
