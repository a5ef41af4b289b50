/** A session as stretches of time on the viewer's clock: what was on the screen when. */
import { isStall } from './playback.ts'
import type { Watched } from './simulate.ts'

export type Stretch =
  | { kind: 'startup' | 'stall'; fromMs: number; toMs: number }
  | { kind: 'playing'; rung: number; fromMs: number; toMs: number }

/** In order and without holes, from the first request to the last picture. Neighbours of one rung are one stretch. */
export function timelineOf(watched: Watched): Stretch[] {
  const stretches: Stretch[] = [{ kind: 'startup', fromMs: 0, toMs: watched.startupMs }]
  const stalls = watched.stalls.filter(isStall)
  let stall = 0
  for (const [segment, { rung }] of watched.segments.entries()) {
    const fromMs = watched.playedMs[segment] ?? watched.endMs
    const nextMs = watched.playedMs[segment + 1] ?? watched.endMs
    const pause = stalls[stall]
    const stops = pause !== undefined && pause.atMs < nextMs ? pause : null
    const toMs = stops?.atMs ?? nextMs
    const last = stretches.at(-1)
    if (last?.kind === 'playing' && last.rung === rung) last.toMs = toMs
    else stretches.push({ kind: 'playing', rung, fromMs, toMs })
    if (!stops) continue
    stretches.push({ kind: 'stall', fromMs: toMs, toMs: nextMs })
    stall += 1
  }
  return stretches
}

/** What was on the screen for most of an interval; null after the end. */
export function mostOf(stretches: readonly Stretch[], fromMs: number, toMs: number): Stretch | null {
  const shared = (one: Stretch): number => Math.min(one.toMs, toMs) - Math.max(one.fromMs, fromMs)
  const inside = stretches.filter((one) => shared(one) > 0)
  return inside.toSorted((a, b) => shared(b) - shared(a))[0] ?? null
}
