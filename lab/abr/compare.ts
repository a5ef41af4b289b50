/** Rules against each other over many traces: every session's figures, and for each rule their means with intervals. */
import type { AbrRule } from '../../player/abr/rule.ts'
import { bootstrapMean, type Interval } from './bootstrap.ts'
import type { Ladder } from './ladder.ts'
import { measure, type Metrics } from './metrics.ts'
import { type Optimum, optimum } from './optimum.ts'
import { simulate, type SimulateOptions, type Watched } from './simulate.ts'
import type { Trace } from './trace.ts'

/** What the rules made of one trace. */
export interface TraceResult {
  trace: string
  /** Null when it was not asked for. */
  optimum: Optimum | null
  sessions: { rule: string; metrics: Metrics; watched: Watched }[]
}

/** A rule over all traces. */
export interface Summary {
  rule: string
  figures: Record<keyof Metrics, Interval>
  /** QoE below the optimum's upper bound: the true regret is not larger. Null without optimum. */
  regret: Interval | null
  /** Sum of QoE by the sum of the bounds; null without optimum, or when that sum is not above 0. */
  ofOptimum: number | null
}

/** Every rule over one trace. Throws `LabError`. */
export function runTrace(
  rules: readonly AbrRule[],
  trace: Trace,
  ladder: Ladder,
  { withOptimum, ...options }: SimulateOptions & { withOptimum: boolean },
): TraceResult {
  const sessions = rules.map((rule) => {
    const watched = simulate(rule, trace, ladder, options)
    return { rule: rule.name, metrics: measure(watched, ladder), watched }
  })
  return { trace: trace.name, optimum: withOptimum ? optimum(trace, ladder, options) : null, sessions }
}

/** Means over all traces, in the order of the rules. The same results give the same intervals. */
export function summarize(results: readonly Omit<TraceResult, 'sessions'>[], metrics: ReadonlyMap<string, readonly Metrics[]>): Summary[] {
  const bounds = results.flatMap(({ optimum: best }) => (best ? [best.bound] : []))
  const total = bounds.reduce((sum, bound) => sum + bound, 0)
  return [...metrics].map(([rule, sessions]) => {
    const keys = Object.keys(sessions[0] ?? {}) as (keyof Metrics)[]
    const figures = Object.fromEntries(keys.map((key) => [key, bootstrapMean(sessions.map((one) => one[key]))])) as Summary['figures']
    const known = bounds.length > 0 && bounds.length === sessions.length
    const regret = known ? bootstrapMean(sessions.map(({ qoe }, index) => (bounds[index] ?? 0) - qoe)) : null
    const qoe = sessions.reduce((sum, one) => sum + one.qoe, 0)
    return { rule, figures, regret, ofOptimum: known && total > 0 ? qoe / total : null }
  })
}
