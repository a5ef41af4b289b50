/** When a request to storage is tried again, and how long is waited before. */
import type { S3ClientConfig } from '@aws-sdk/client-s3'

type Strategy = Exclude<NonNullable<S3ClientConfig['retryStrategy']>, { retry: unknown }>
type Token = Awaited<ReturnType<Strategy['acquireInitialRetryToken']>>

/** Delays double from 0.2 s to 10 s: fifteen retries last about 110 s, longer than an edge takes to start again. */
const MOST_RETRIES = 15

/** Milliseconds before retry `attempt` (from 0), with a quarter of jitter so that runners do not come all at once. */
export function retryDelayMs(attempt: number): number {
  return Math.min(10_000, 200 * 2 ** attempt) * (0.75 + Math.random() * 0.5)
}

/** True for what may pass by itself: no answer at all, or an answer that says "later". */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof Error) || error.name === 'AbortError') return false
  const status = '$metadata' in error ? (error.$metadata as { httpStatusCode?: number }).httpStatusCode : undefined
  return status === undefined || status >= 500 || status === 408 || status === 429
}

/** The SDK's own strategies give up after some seconds, and share a budget that seven parallel uploads use up. */
export const patientRetries: Strategy = {
  acquireInitialRetryToken: () => Promise.resolve(token(0)),
  refreshRetryTokenForRetry(old, { error }) {
    const next = old.getRetryCount() + 1
    if (next > MOST_RETRIES || !isTransient(error)) return Promise.reject(error instanceof Error ? error : new Error(String(error)))
    return Promise.resolve(token(next))
  },
  recordSuccess() {},
}

function token(count: number): Token {
  const delayMs = count === 0 ? 0 : retryDelayMs(count - 1)
  return { getRetryCount: () => count, getRetryDelay: () => delayMs }
}
