import { expect, test } from 'vitest'
import { retryDelayMs } from './retry.ts'

const budget = { attempts: 4, idleTimeoutMs: 1_000, backoffMs: 100, maxBackoffMs: 300 }

test('backs off, doubling, up to the longest pause, and stops when the budget is spent', () => {
  expect([1, 2, 3, 4].map((attempt) => retryDelayMs(budget, attempt, 503, 0.5))).toEqual([100, 200, 300, null])
})

test('spreads the tries of many viewers', () => {
  expect(retryDelayMs(budget, 1, 0, 0)).toBe(75)
  expect(retryDelayMs(budget, 1, 0, 0.999)).toBe(125)
})

test('answers that will not change are final; a 404 may be an object on its way', () => {
  expect(retryDelayMs(budget, 1, 403, 0.5)).toBeNull()
  expect(retryDelayMs(budget, 1, 410, 0.5)).toBeNull()
  expect(retryDelayMs(budget, 1, 404, 0.5)).toBe(100)
})
