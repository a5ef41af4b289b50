/** Stretches in which the network carries far less than usual: the tunnels. */
import type { Comparison } from '../../lab/estimators/compare.ts'
import type { Network } from './network.ts'

export interface Dip {
  fromMs: number
  toMs: number
  /** `tunnel` */
  name: string
}

const GRID_MS = 250
/** Without states, this part of the mean is a dip when it lasts. */
const DIP_SHARE = 0.3
const MIN_MS = 1_500

/** In order; they do not touch. */
export function dipsIn({ state, actual }: Comparison, { dips: names }: Network, durationMs: number): Dip[] {
  const mean = actual(0, durationMs)
  const found: Dip[] = []
  for (let atMs = 0; atMs < durationMs; atMs += GRID_MS) {
    const now = state(atMs)
    const low = actual(atMs, atMs + GRID_MS) < mean * DIP_SHARE ? 'dip' : null
    const name = names === null ? low : now !== null && names.has(now) ? now : null
    if (name === null) continue
    const last = found.at(-1)
    if (last !== undefined && last.name === name && last.toMs === atMs) last.toMs = atMs + GRID_MS
    else found.push({ fromMs: atMs, toMs: atMs + GRID_MS, name })
  }
  return found.filter(({ fromMs, toMs }) => names !== null || toMs - fromMs >= MIN_MS)
}

/** `tunnel: 5 times, 10 s each, every 57 s`. */
export function patternOf(dips: readonly Dip[]): string {
  const names = [...new Set(dips.map(({ name }) => name))]
  const parts = names.map((name) => {
    const own = dips.filter((dip) => dip.name === name)
    const [first, last] = [own[0]?.fromMs ?? 0, own.at(-1)?.fromMs ?? 0]
    const eachS = Math.round(own.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0) / own.length / 1000)
    const every = own.length < 2 ? '' : `, every ${Math.round((last - first) / (own.length - 1) / 1000)} s`
    return `${name}: ${own.length === 1 ? 'once' : `${own.length} times`}, ${eachS} s${own.length === 1 ? '' : ' each'}${every}`
  })
  return parts.length === 0 ? 'no dips' : parts.join('; ')
}
