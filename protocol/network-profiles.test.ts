import { expect, it } from 'vitest'
import { isNetworkProfile, NETWORK_PROFILES, type NetworkProfile, networkTrace, type NetworkProfileName } from './network-profiles.ts'

const NAMES = Object.keys(NETWORK_PROFILES) as NetworkProfileName[]

it('knows its names and no others', () => {
  expect(new Set(NAMES)).toEqual(new Set(['wifi', 'coffee_shop', 'lte', '3g', 'commuter_train', 'satellite']))
  for (const name of ['', 'LTE', 'toString', '__proto__']) expect(isNetworkProfile(name)).toBe(false)
})

it.each(NAMES)('%s: only states that exist, every one of them reached', (name) => {
  const { states }: NetworkProfile = NETWORK_PROFILES[name]
  for (const { next } of Object.values(states)) for (const [to] of next) expect(states).toHaveProperty([to])
  expect(new Set(networkTrace(name, 1, 3_600).map(({ state }) => state))).toEqual(new Set(Object.keys(states)))
})

it.each(NAMES)('%s: the same from the same seed, another from another; a longer one begins alike', (name) => {
  const trace = networkTrace(name, 7, 300)
  expect(networkTrace(name, 7, 300)).toEqual(trace)
  expect(networkTrace(name, 8, 300)).not.toEqual(trace)
  expect(networkTrace(name, 7, 600).slice(0, trace.length)).toEqual(trace)
  expect(trace.reduce((sum, { durationMs }) => sum + durationMs, 0)).toBeGreaterThanOrEqual(300_000)
  for (const { bps, rttMs } of trace) expect(bps >= 0 && Number.isInteger(bps) && rttMs > 0).toBe(true)
})

it.each(NAMES)('%s: over hours, each state carries what it says', (name) => {
  const { states }: NetworkProfile = NETWORK_PROFILES[name]
  const trace = networkTrace(name, 3, 20 * 3_600)
  for (const [state, { bps }] of Object.entries(states)) {
    const steps = trace.filter((step) => step.state === state)
    const mean = steps.reduce((sum, step) => sum + step.bps, 0) / steps.length
    expect(mean / 1e6).toBeGreaterThanOrEqual((bps * 0.85) / 1e6)
    expect(mean / 1e6).toBeLessThanOrEqual((bps * 1.15) / 1e6)
  }
})
