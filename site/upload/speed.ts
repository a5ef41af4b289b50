/** How fast an upload is, over the last seconds: a sliding window, so that a stall shows and a jump does not last. Pure. */

export interface Sample {
  /** Any clock that does not go back, milliseconds. */
  atMs: number
  /** Bytes sent so far. */
  bytes: number
}

const WINDOW_MS = 8000

/** The samples with one more. What is older than the window goes; fewer bytes than before (a chunk is sent again) begin anew. */
export function addSample(samples: Sample[], sample: Sample): Sample[] {
  const last = samples.at(-1)
  if (last !== undefined && sample.bytes < last.bytes) return [sample]
  const kept = samples.filter(({ atMs }) => sample.atMs - atMs <= WINDOW_MS)
  return [...kept, sample]
}

/** Bytes per second over the window; null until a second of it is known. */
export function speedOf(samples: Sample[]): number | null {
  const first = samples[0]
  const last = samples.at(-1)
  if (first === undefined || last === undefined || last.atMs - first.atMs < 1000) return null
  return ((last.bytes - first.bytes) * 1000) / (last.atMs - first.atMs)
}

/** Seconds until `leftBytes` are sent; null when that cannot be told. */
export function secondsLeft(samples: Sample[], leftBytes: number): number | null {
  const speed = speedOf(samples)
  return speed === null || speed <= 0 ? null : leftBytes / speed
}
