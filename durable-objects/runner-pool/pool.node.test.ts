import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LEASE_TTL_MS, type Hello } from '../../protocol/runner.ts'
import type { Plan, SourceFacts } from '../../protocol/plan.ts'
import type { Task, TaskFailure } from '../../protocol/tasks.ts'
import { grant } from './choose.ts'
import { CLOSED_GRACE_MS, MAX_FAILURES, MAX_LOSSES, emptyPool, holderOf, isOpen, type PoolState } from './state.ts'
import * as transitions from './transitions.ts'

const FACTS = {} as SourceFacts
const planOf = (codecs: string[]) => ({ video: codecs.map((codec) => ({ codec })) }) as unknown as Plan

function task(videoId: string, kind: Task['spec']['kind'], number = 0, codecs = ['h264']): Task {
  const plan = planOf(codecs)
  const id = `${videoId}:${kind}:${number}`
  switch (kind) {
    case 'probe':
      return { id, videoId, spec: { kind, sourceName: 'a' } }
    case 'encode-chunk':
      return { id, videoId, spec: { kind, facts: FACTS, plan, firstChunk: number, lastChunk: number, publishFrom: number } }
    case 'encode-audio':
      return { id, videoId, spec: { kind, facts: FACTS, plan, loudness: null, publishFrom: 0 } }
    case 'loudness':
    case 'thumbnails':
      return { id, videoId, spec: { kind, facts: FACTS } }
  }
}

function helloOf(runnerId: string, leases: string[] = [], encoders = ['libx264', 'aac'], slots = { heavy: 1, light: 2 }): Hello {
  return { type: 'hello', runnerId, name: runnerId, cores: 2, encoders, ffmpeg: '', slots, leases }
}

const WORK: TaskFailure = { reason: 'work', message: 'm', log: '' }

/** A pool with a clock, a source of leases and the order in which tasks were given out. */
function bench() {
  const state = emptyPool()
  const given: { taskId: string; lease: string; runnerId: string }[] = []
  let leases = 0
  const give = (nowMs: number) => {
    const effects = grant(state, nowMs, () => `lease-${(leases += 1)}`)
    for (const effect of effects) if (effect.type === 'lease') given.push(effect)
    return effects
  }
  return { state, given, give }
}

const finish = (state: PoolState, lease: string) => {
  transitions.done(state, lease)
  return transitions.settle(state, lease)
}

describe('who gets what', () => {
  it('gives probes first, then the oldest video in the order of its making, and fills every slot', () => {
    const { state, given, give } = bench()
    transitions.submit(state, [
      task('old', 'encode-audio'),
      task('old', 'loudness'),
      task('old', 'thumbnails'),
      task('old', 'encode-chunk', 1),
    ])
    transitions.submit(state, [task('old', 'encode-chunk', 0), task('new', 'probe')])
    transitions.hello(state, helloOf('r', [], undefined, { heavy: 2, light: 4 }), 's', 0)
    give(0)
    expect(given.map(({ taskId }) => taskId)).toEqual([
      'new:probe:0',
      'old:thumbnails:0',
      'old:loudness:0',
      'old:encode-audio:0',
      'old:encode-chunk:0',
      'old:encode-chunk:1',
    ])
  })

  it('serves the oldest video first and does not starve the others', () => {
    const { state, given, give } = bench()
    transitions.submit(
      state,
      Array.from({ length: 30 }, (_, n) => task('long', 'encode-chunk', n)),
    )
    transitions.submit(
      state,
      Array.from({ length: 3 }, (_, n) => task('short', 'encode-chunk', n)),
    )
    transitions.hello(state, helloOf('r'), 's', 0)
    for (let n = 0; n < 12; n += 1) {
      give(0)
      finish(state, given.at(-1)?.lease ?? '')
    }
    const videos = given.map(({ taskId }) => taskId.split(':')[0])
    expect(videos.slice(0, 3)).toEqual(['long', 'long', 'long'])
    expect(videos.filter((video) => video === 'short')).toHaveLength(3)
    expect(given.filter(({ taskId }) => taskId.startsWith('long')).map(({ taskId }) => taskId)).toEqual(
      Array.from({ length: 9 }, (_, n) => `long:encode-chunk:${n}`),
    )
  })

  it('gives a task only to who has its encoders, and lets what comes behind it pass', () => {
    const { state, given, give } = bench()
    transitions.submit(state, [task('av1', 'encode-chunk', 0, ['h264', 'av1']), task('avc', 'encode-chunk')])
    transitions.hello(state, helloOf('plain'), 's1', 0)
    give(0)
    expect(given).toMatchObject([{ taskId: 'avc:encode-chunk:0', runnerId: 'plain' }])
    transitions.hello(state, helloOf('modern', [], ['libx264', 'libsvtav1']), 's2', 0)
    give(0)
    expect(given[1]).toMatchObject({ taskId: 'av1:encode-chunk:0', runnerId: 'modern' })
  })
})

describe('what can go wrong', () => {
  it('waits 1 s and 4 s after failures, and gives up at the third', () => {
    const { state, given, give } = bench()
    transitions.submit(state, [task('v', 'encode-chunk')])
    transitions.hello(state, helloOf('r'), 's', 0)
    const times: number[] = []
    for (let nowMs = 0; nowMs <= 10_000; nowMs += 500) {
      const before = given.length
      give(nowMs)
      if (given.length === before) continue
      times.push(nowMs)
      transitions.failed(state, given.at(-1)?.lease ?? '', WORK, nowMs)
    }
    expect(times).toEqual([0, 1_000, 5_000])
    expect(state.tasks.get('v:encode-chunk:0')).toMatchObject({ state: 'failed', failure: WORK, failures: MAX_FAILURES })
  })

  it('does not try again what is hopeless', () => {
    for (const reason of ['source', 'uncuttable'] as const) {
      const { state, given, give } = bench()
      transitions.submit(state, [task('v', 'encode-chunk')])
      transitions.hello(state, helloOf('r'), 's', 0)
      give(0)
      const effects = transitions.failed(state, given[0]?.lease ?? '', { ...WORK, reason }, 0)
      expect(effects).toContainEqual({ type: 'hint', videoId: 'v' })
      expect(state.tasks.get('v:encode-chunk:0')?.state).toBe('failed')
    }
  })

  it('gives the task of a killed runner to another after a short grace', () => {
    const { state, given, give } = bench()
    transitions.submit(state, [task('v', 'encode-chunk')])
    transitions.hello(state, helloOf('killed'), 's1', 0)
    transitions.hello(state, helloOf('other'), 's2', 0)
    give(0)
    transitions.closed(state, given[0]?.runnerId ?? '', given[0]?.runnerId === 'killed' ? 's1' : 's2', 1_000)
    transitions.expire(state, 1_000 + CLOSED_GRACE_MS - 1)
    give(1_000 + CLOSED_GRACE_MS - 1)
    expect(given).toHaveLength(1)
    transitions.expire(state, 1_000 + CLOSED_GRACE_MS)
    give(1_000 + CLOSED_GRACE_MS)
    expect(new Set(given.map(({ runnerId }) => runnerId)).size).toBe(2)
  })

  it('lets a runner that comes back late take up its lease if nobody else took the task, and only then', () => {
    for (const taken of [false, true]) {
      const { state, given, give } = bench()
      transitions.submit(state, [task('v', 'encode-chunk')])
      transitions.hello(state, helloOf('away'), 's1', 0)
      give(0)
      const lease = given[0]?.lease ?? ''
      transitions.closed(state, 'away', 's1', 0)
      transitions.expire(state, 60_000)
      if (taken) {
        transitions.hello(state, helloOf('other'), 's2', 60_000)
        give(60_000)
      }
      const { leases } = transitions.hello(state, helloOf('away', [lease]), 's3', 60_001)
      expect(leases).toEqual(taken ? [] : [lease])
      expect(holderOf(state, lease) !== null).toBe(!taken)
    }
  })

  it('is patient after a restart of the edge, once', () => {
    const { state, give } = bench()
    transitions.submit(state, [task('v', 'encode-chunk')])
    transitions.hello(state, helloOf('r'), 's', 0)
    give(0)
    transitions.woke(state, new Set(), 1_000)
    expect(state.runners.get('r')).toMatchObject({ socketId: null, graceUntilMs: 1_000 + LEASE_TTL_MS })
    // Waking again while it is away, as after a nap, does not start the patience anew: else it would never end.
    transitions.woke(state, new Set(), 15_000)
    expect(state.runners.get('r')?.graceUntilMs).toBe(1_000 + LEASE_TTL_MS)
  })

  it('takes a task that loses runner after runner for the killer, unless it gets on', () => {
    for (const getsOn of [false, true]) {
      const { state, given, give } = bench()
      transitions.submit(state, [task('v', 'encode-chunk')])
      for (let n = 0; n < MAX_LOSSES + 4; n += 1) {
        transitions.hello(state, helloOf(`r${n}`), `s${n}`, n * 60_000)
        give(n * 60_000)
        if (getsOn && n === 5) transitions.published(state, given.at(-1)?.lease ?? '')
        transitions.closed(state, `r${n}`, `s${n}`, n * 60_000)
        transitions.expire(state, n * 60_000 + CLOSED_GRACE_MS)
      }
      expect(given).toHaveLength(getsOn ? MAX_LOSSES + 4 : MAX_LOSSES)
      expect(state.tasks.get('v:encode-chunk:0')?.state).toBe(getsOn ? 'waiting' : 'failed')
    }
  })

  it('hints when a batch runs low and when it is through, not at every task', () => {
    const { state, given, give } = bench()
    transitions.submit(
      state,
      Array.from({ length: 64 }, (_, n) => task('v', 'encode-chunk', n)),
    )
    transitions.hello(state, helloOf('r'), 's', 0)
    let hints = 0
    for (let n = 0; n < 64; n += 1) {
      give(0)
      hints += finish(state, given.at(-1)?.lease ?? '').filter(({ type }) => type === 'hint').length
    }
    expect(hints).toBe(2)
  })
})

const RUNNERS = ['r0', 'r1', 'r2']
const small = fc.nat({ max: 30 })
const event = fc.oneof(
  fc.record({ type: fc.constant('submit' as const), n: small }),
  fc.record({ type: fc.constant('hello' as const), runner: fc.constantFrom(...RUNNERS), remembers: fc.boolean() }),
  fc.record({ type: fc.constant('close' as const), runner: fc.constantFrom(...RUNNERS) }),
  fc.record({ type: fc.constant('pass' as const), ms: fc.nat({ max: 15_000 }) }),
  fc.record({ type: fc.constant('ping' as const), runner: fc.constantFrom(...RUNNERS) }),
  // Any lease that ever was, current or not.
  fc.record({ type: fc.constantFrom('published' as const, 'done' as const, 'settle' as const, 'failed' as const), n: small }),
  fc.record({ type: fc.constant('restart' as const) }),
  fc.record({ type: fc.constant('forget' as const), n: small }),
)

describe('whatever happens in whatever order', () => {
  it('leases a task once at a time, loses none, listens to current leases only, and sleeps no longer than it may', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 120 }), (events) => {
        const { given, give, state } = bench()
        const submitted = new Set<string>()
        const finished = new Map<string, string>()
        /** What each runner works on, as it believes. */
        const believed = new Map(RUNNERS.map((runner) => [runner, new Set<string>()]))
        let nowMs = 0
        let sockets = 0
        for (const happened of events) {
          switch (happened.type) {
            case 'submit': {
              const one = task(`v${happened.n % 3}`, 'encode-chunk', happened.n)
              submitted.add(one.id)
              transitions.submit(state, [one])
              break
            }
            case 'hello': {
              const mine = happened.remembers ? [...(believed.get(happened.runner) ?? [])] : []
              const { leases } = transitions.hello(state, helloOf(happened.runner, mine), `s${(sockets += 1)}`, nowMs)
              believed.set(happened.runner, new Set(leases))
              for (const lease of leases) expect(holderOf(state, lease)?.runnerId).toBe(happened.runner)
              break
            }
            case 'close':
              transitions.closed(state, happened.runner, state.runners.get(happened.runner)?.socketId ?? '', nowMs)
              break
            case 'pass':
              nowMs += happened.ms
              break
            case 'ping': {
              const runner = state.runners.get(happened.runner)
              if (runner !== undefined && runner.socketId !== null) runner.lastSeenMs = nowMs
              break
            }
            case 'restart':
              transitions.woke(state, new Set(), nowMs)
              break
            case 'forget':
              transitions.forget(state, `v${happened.n % 3}`, '')
              for (const id of submitted) if (id.startsWith(`v${happened.n % 3}:`)) submitted.delete(id)
              break
            default: {
              const { lease, taskId } = given[happened.n % Math.max(1, given.length)] ?? { lease: 'none', taskId: '' }
              const holder = holderOf(state, lease)
              const before = JSON.stringify([...state.tasks])
              if (happened.type === 'published') transitions.published(state, lease)
              if (happened.type === 'done') transitions.done(state, lease)
              if (happened.type === 'settle') transitions.settle(state, lease)
              if (happened.type === 'failed') transitions.failed(state, lease, WORK, nowMs)
              if (holder === null) expect(JSON.stringify([...state.tasks])).toBe(before)
              else expect(holder.id).toBe(taskId)
            }
          }
          transitions.expire(state, nowMs)
          for (const effect of give(nowMs)) if (effect.type === 'lease') believed.get(effect.runnerId)?.add(effect.lease)

          const current = [...state.tasks.values()].flatMap(({ state: at, lease }) => (at === 'leased' || at === 'settling' ? [lease] : []))
          expect(current).not.toContain(null)
          expect(new Set(current).size).toBe(current.length)
          expect(new Set(state.tasks.keys())).toEqual(submitted)
          for (const one of state.tasks.values()) {
            // What settled stays so.
            if (finished.has(one.id)) expect(one.state).toBe(finished.get(one.id))
            if (!isOpen(one)) finished.set(one.id, one.state)
            // A lease without a runner that the pool still waits for would be held for ever.
            if (one.state === 'leased') expect(state.runners.has(one.runnerId ?? '')).toBe(true)
          }
          for (const id of finished.keys()) if (!submitted.has(id)) finished.delete(id)
          for (const runner of state.runners.values()) {
            const held = [...state.tasks.values()].filter((one) => one.state === 'leased' && one.runnerId === runner.runnerId)
            expect(held.length).toBeLessThanOrEqual(runner.slots.heavy)
          }
          const wakeMs = transitions.nextWakeMs(state, nowMs)
          if (wakeMs !== null) expect(wakeMs).toBeGreaterThan(nowMs)
          if ([...state.tasks.values()].some((one) => one.state === 'leased')) expect(wakeMs).not.toBeNull()
        }
      }),
      { numRuns: 300 },
    )
  })
})
