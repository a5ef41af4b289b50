/** What the next session is to know: the last estimate, kept in localStorage where that is allowed. */

/** An estimate older than this says little about today's network, ms. */
const MAX_AGE_MS = 24 * 3600 * 1000
/** An old figure is believed this far: starting too high costs a stall, starting too low one segment. */
const CAUTION = 0.7

/** The last session's throughput, bit/s, cautiously; null when there is none. `store` is localStorage. */
export function recallThroughput(store: { getItem(key: string): string | null }, key: string, nowMs: number): number | null {
  try {
    const value: unknown = JSON.parse(store.getItem(key) ?? 'null')
    if (typeof value !== 'object' || value === null || !('bps' in value) || !('atMs' in value)) return null
    const { bps, atMs } = value
    if (typeof bps !== 'number' || typeof atMs !== 'number' || !(bps > 0) || !Number.isFinite(bps)) return null
    return nowMs - atMs > MAX_AGE_MS || atMs > nowMs ? null : bps * CAUTION
  } catch {
    // Not JSON, or storage that is blocked: a session without a past.
    return null
  }
}

/** Keeps the throughput for the next session. */
export function rememberThroughput(store: { setItem(key: string, value: string): void }, key: string, bps: number, nowMs: number): void {
  try {
    store.setItem(key, JSON.stringify({ bps: Math.round(bps), atMs: nowMs }))
  } catch {
    // Storage is full or blocked (private windows): nothing depends on it.
  }
}
