/** A word for people on how an estimator did, beside the others of the same comparison. */
import type { Run } from './compare.ts'
import type { Reaction } from './score.ts'
import type { Delivery } from './viewer.ts'

/** Reads low or high from this part of the mean on. */
const BIASED = 0.2
/** So much slower, or quicker, than the middle one. */
const SLOWER = 1.25
const QUICKER = 0.85
const RESTLESS = 1.2
/** What never counts as, beside seconds. */
const NEVER_S = 30

/** In the order of `runs`. `meanBps` is what the path left on average. */
export function wordsOf(runs: readonly Run[], meanBps: number, delivery: Delivery): string[] {
  const best = Math.min(...runs.map(({ score }) => score?.rmseBps ?? Infinity))
  const middleNoise = median(runs.flatMap(({ score }) => (score === null ? [] : [score.noise])))
  const middleS = median(runs.flatMap((run) => reactionS(run) ?? []))
  return runs.map((run) => {
    const { score, overhead } = run
    if (score === null) return 'no transfer was large enough for it'
    const cost = overhead > 0 ? `; overhead: ${percent(overhead)} of all bytes` : ''
    if (score.rmseBps === best) return `most accurate${cost.replace(';', ', but')}`
    if (score.biasBps < -BIASED * meanBps)
      return (delivery === 'segments' ? 'reads low: round trips and slow start count' : "reads low: the server's pace counts") + cost
    if (score.biasBps > BIASED * meanBps) return `reads high${cost}`
    const seconds = reactionS(run)
    if (seconds !== null && (seconds >= NEVER_S || seconds > middleS * SLOWER)) return `slow to react${cost}`
    if (score.noise > middleNoise * RESTLESS) return `reactive but noisy${cost}`
    return seconds !== null && seconds < middleS * QUICKER ? `reactive${cost}` : `balanced${cost}`
  })
}

/** `7 %`, `0.6 %`. */
export function percent(part: number): string {
  return `${part > 0 && part < 0.0095 ? (part * 100).toFixed(1) : Math.round(part * 100)} %`
}

function reactionS({ score }: Run): number | null {
  const seconds = (time: Reaction): number | null => (time === 'never' ? NEVER_S : time)
  const times = [seconds(score?.downS ?? null), seconds(score?.upS ?? null)].filter((time) => time !== null)
  return times.length === 0 ? null : times.reduce((sum, time) => sum + time, 0) / times.length
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[sorted.length >> 1] ?? 0
}
