/**
 * Whole sessions of Sabre's algorithms on the project's own traces, against figures recorded when all 210 means of Sabre's own
 * results were reproduced (bench/sabre.ts; they are not part of the project).
 */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { builtinLadder, builtinTraces } from './builtin.ts'
import type { SabreMetrics } from './metrics.ts'
import { readSabreResults, runSabre, SABRE_FIGURES, SABRE_RULES } from './sabre.ts'

type Recorded = SabreMetrics & { trace: string; bufferGoalS: number; algorithm: string }
const recorded = JSON.parse(readFileSync(new URL('./sabre.fixture.json', import.meta.url), 'utf8')) as Recorded[]

test.each(Object.keys(SABRE_RULES))('%s gives what it gave when it reproduced Sabre', (name) => {
  const traces = new Map(builtinTraces(2).map((trace) => [trace.name, trace]))
  const ladder = builtinLadder()
  const sessions = recorded.filter(({ algorithm }) => algorithm === name)
  expect(sessions.length).toBe(24)
  for (const { trace: traceName, bufferGoalS, algorithm: _, ...expected } of sessions) {
    const trace = traces.get(traceName)!
    const figures = runSabre(name, trace, ladder, bufferGoalS)
    for (const [key, value] of Object.entries(expected))
      expect(figures[key as keyof SabreMetrics], `${traceName} ${key}`).toBeCloseTo(value, 4)
  }
})

test('reads results, and says what is missing in them', () => {
  const head = `set,algo,trace,${Object.values(SABRE_FIGURES).join(',')}`
  expect(readSabreResults(`${head}\n3G-vod25,bola,a.json,1,2,3,4,5,6,7\n`)).toEqual([
    {
      ...{ set: '3G-vod25', algorithm: 'bola', trace: 'a.json', bitrate: 1, utility: 2, rebufferRatio: 3, rebufferS: 4 },
      ...{ rebufferEvents: 5, bitrateChange: 6, score: 7 },
    },
  ])
  expect(() => readSabreResults('set,algo\n')).toThrow(/no column "trace"/)
  expect(() => readSabreResults(`${head}\n3G-vod25,bola,a.json,1\n`)).toThrow(/line 2 lacks a figure/)
})
