/** When a failed request is tried again: a pure function of its kind's budget, the try and the answer. */
import type { RetryBudget } from './config.ts'

/** Answers that a second try within seconds does not change. */
const FINAL_STATUS = new Set([400, 401, 403, 405, 406, 410, 451])

/**
 * Milliseconds until the next try, or null when there is none. `attempt` counts from 1, `status` is 0 without an answer,
 * `random` in [0, 1) spreads the tries of many viewers. 404 is tried again: on a growing video the object may be on its way.
 */
export function retryDelayMs(budget: RetryBudget, attempt: number, status: number, random: number): number | null {
  if (attempt >= budget.attempts || FINAL_STATUS.has(status)) return null
  const pause = Math.min(budget.maxBackoffMs, budget.backoffMs * 2 ** (attempt - 1))
  return Math.round(pause * (0.75 + random / 2))
}
