/** The pool over real sockets: what it takes, what it refuses, and what it remembers. */
import { SELF, env, evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { afterEach, expect, it, vi } from 'vitest'
import { recordPublished } from '../../workers/renditions/store.ts'
import { savePlan, saveFacts } from '../../workers/videos/store.ts'
import { planLadder } from '../../media/ladder/plan.ts'
import type { Hello } from '../../protocol/runner.ts'
import type { Task, TaskResult } from '../../protocol/tasks.ts'
import { FakeRunner, dropAllRunners } from './fake-runner.ts'
import { FACTS as FULL_FACTS, abandonVideos, makeChunk, newVideo, renditionFacts, work } from './fake-work.ts'

const pool = env.POOL.getByName('main')
/** No sound: the pipeline, which wakes at every hint, adds nothing to the chunks submitted here but previews. */
const FACTS = { ...FULL_FACTS, audio: null }
/** And previews nobody takes. */
const HEAVY_ONLY: Partial<Hello> = { slots: { heavy: 1, light: 0 } }
const PLAN = { ...planLadder(FACTS, { codecs: ['h264'] }), chunkCount: 2 }
const RUNG = PLAN.video[0]?.id ?? ''

afterEach(dropAllRunners)
afterEach(abandonVideos)

function chunkTask(videoId: string, chunk: number): Task {
  const spec = { kind: 'encode-chunk', facts: FACTS, plan: PLAN, firstChunk: chunk, lastChunk: chunk, publishFrom: chunk } as const
  return { id: `${videoId}:chunk:${chunk}`, videoId, spec }
}

const DONE = { kind: 'encode-chunk' as const, frames: 1, chunks: 1, renditions: [RUNG] } satisfies TaskResult
const stateOf = async (videoId: string) => (await pool.status(videoId, `${videoId}:chunk:`)).map(({ outcome }) => outcome.state)

/** A video whose chunk tasks this file submits by hand. */
async function plannedVideo(id: string): Promise<void> {
  await newVideo(id)
  await saveFacts(env.DB, id, FACTS)
  await savePlan(env.DB, id, PLAN)
}

it('opens the door to the runner token only, and shows who is there to the admin only', async () => {
  const upgrade = (token: string) =>
    SELF.fetch('http://sluice.test/api/runners', { headers: { Upgrade: 'websocket', Authorization: `Bearer ${token}` } })
  expect((await upgrade('admin-token-of-the-tests')).status).toBe(401)
  const list = (token: string) => SELF.fetch('http://sluice.test/api/runners', { headers: { Authorization: `Bearer ${token}` } })
  expect((await list('runner-token-of-the-tests')).status).toBe(401)
  const runner = await new FakeRunner('aaaaaaaaaaa1', { name: 'box' }).connect()
  await runner.hears((said) => said.type === 'welcome')
  expect(await (await list('admin-token-of-the-tests')).json()).toMatchObject({
    runners: [{ runnerId: 'aaaaaaaaaaa1', name: 'box', connected: true, tasks: [] }],
  })
})

it('refuses what is not of the protocol, and says why', async () => {
  const cases: [string, number, RegExp][] = [
    ['{', 1008, /JSON/],
    ['{"type":"progress","lease":"short","fraction":0,"text":""}', 1008, /lease/],
    ['{"type":"nothing"}', 1008, /type/],
    [JSON.stringify({ type: 'progress', text: 'x'.repeat(1_000_001) }), 1009, /1 MB/],
  ]
  for (const [text, code, reason] of cases) {
    const runner = await new FakeRunner('aaaaaaaaaaa2', HEAVY_ONLY).connect()
    runner.sendRaw(text)
    const closed = await runner.isClosed()
    expect(closed.code).toBe(code)
    expect(closed.reason).toMatch(reason)
  }
})

it('takes a result only from the current lease, and a duplicate changes nothing', async () => {
  const id = 'stale_lease1'
  await plannedVideo(id)
  await pool.submit([chunkTask(id, 0)])
  const slow = await new FakeRunner('bbbbbbbbbbb1', HEAVY_ONLY).connect()
  const stale = await slow.lease(`${id}:chunk:0`)
  slow.drop()
  await vi.waitFor(async () => {
    await runDurableObjectAlarm(pool)
    expect((await stateOf(id))[0]).toBe('waiting')
  }, 10_000)

  const quick = await new FakeRunner('bbbbbbbbbbb2', HEAVY_ONLY).connect()
  const lease = await quick.lease(`${id}:chunk:0`)
  expect(lease).not.toBe(stale)

  await slow.connect([stale])
  expect(await slow.hears((said) => said.type === 'welcome' && said.leases.length === 0)).toBe(true)
  const late = await makeChunk(id, renditionFacts(id, RUNG, 'video'), 0, stale)
  await slow.acked(slow.send({ type: 'published', lease: stale, published: late }))
  await slow.acked(slow.send({ type: 'done', lease: stale, result: DONE }))
  await slow.hears((said) => said.type === 'cancel' && said.lease === stale)
  expect((await stateOf(id))[0]).toBe('leased')
  expect(await env.DB.prepare('SELECT COUNT(*) AS n FROM chunks WHERE video_id = ?').bind(id).first('n')).toBe(0)

  const published = await makeChunk(id, renditionFacts(id, RUNG, 'video'), 0, lease)
  const first = quick.send({ type: 'published', lease, published })
  quick.send({ type: 'published', lease, published }, first)
  const done = quick.send({ type: 'done', lease, result: DONE })
  quick.send({ type: 'done', lease, result: DONE }, done)
  await quick.acked(done)
  await vi.waitFor(async () => expect((await stateOf(id))[0]).toBe('done'))
  expect(await env.DB.prepare('SELECT object_key FROM chunks WHERE video_id = ?').bind(id).first('object_key')).toBe(
    published.entry.objectKey,
  )
})

it('gives a runner its lease back when it returns, also when the pool slept meanwhile', async () => {
  const id = 'comes_back_1'
  await plannedVideo(id)
  await pool.submit([chunkTask(id, 0)])
  const runner = await new FakeRunner('ccccccccccc1', HEAVY_ONLY).connect()
  const lease = await runner.lease(`${id}:chunk:0`)
  runner.drop()
  await evictDurableObject(pool, { webSockets: 'close' })
  await runner.connect([lease])
  await runner.hears((said) => said.type === 'welcome' && said.leases.includes(lease))
  expect((await stateOf(id))[0]).toBe('leased')
  expect(runner.tasks()).toHaveLength(1)
  await pool.forget(id)
  await runner.hears((said) => said.type === 'cancel' && said.lease === lease)
})

it('gives a task anew when its lease never reached the runner', async () => {
  const id = 'never_heard1'
  await plannedVideo(id)
  await pool.submit([chunkTask(id, 0)])
  const runner = await new FakeRunner('ddddddddddd1', HEAVY_ONLY).connect()
  const lost = await runner.lease(`${id}:chunk:0`)
  runner.drop()
  await runner.connect([])
  const lease = await runner.lease(`${id}:chunk:0`, [lost])
  await runner.acked(runner.send({ type: 'done', lease, result: DONE }))
  await vi.waitFor(async () => expect((await stateOf(id))[0]).toBe('done'))
})

it('keeps what was published until the listener takes it, in order, over an eviction', async () => {
  const id = 'kept_inbox_1'
  await plannedVideo(id)
  await pool.submit([chunkTask(id, 0), chunkTask(id, 1)])
  const runner = await new FakeRunner('eeeeeeeeeee1', HEAVY_ONLY).connect()
  const lease = await runner.lease(`${id}:chunk:0`)
  const published = await makeChunk(id, renditionFacts(id, RUNG, 'video'), 0, lease)
  await env.DB.prepare('ALTER TABLE chunks RENAME TO chunks_away').run()
  try {
    await runner.acked(runner.send({ type: 'published', lease, published }))
    await runner.acked(runner.send({ type: 'done', lease, result: DONE }))
    // Not done before the index has the chunk, but the runner is free for the next one.
    await runner.lease(`${id}:chunk:1`)
    expect(await stateOf(id)).toEqual(['leased', 'leased'])
    await evictDurableObject(pool)
  } finally {
    await env.DB.prepare('ALTER TABLE chunks_away RENAME TO chunks').run()
  }
  await vi.waitFor(async () => expect(await stateOf(id)).toEqual(['done', 'leased']), 10_000)
  expect(await env.DB.prepare('SELECT object_key FROM chunks WHERE video_id = ?').bind(id).first('object_key')).toBe(
    published.entry.objectKey,
  )
})

it('refuses a chunk of another build of FFmpeg, and one that names the object of another video', async () => {
  const id = 'other_build1'
  await plannedVideo(id)
  const theirs = await makeChunk(id, renditionFacts(id, RUNG, 'video'), 1, 'xxxxxxxxxx')
  expect(await recordPublished(env.DB, id, theirs)).toBe('recorded')
  await pool.submit([chunkTask(id, 0)])
  const runner = await new FakeRunner('fffffffffff1', { slots: { heavy: 2, light: 0 } }).connect()
  const lease = await runner.lease(`${id}:chunk:0`)
  const other = await makeChunk(id, renditionFacts(id, RUNG, 'video', 'c'), 0, lease)
  runner.send({ type: 'published', lease, published: other })
  await runner.hears((said) => said.type === 'cancel' && said.lease === lease)
  expect(await env.MEDIA.head(other.entry.objectKey)).toBeNull()

  const again = await runner.lease(`${id}:chunk:0`, [lease])
  const sneaky = await makeChunk(id, renditionFacts(id, RUNG, 'video'), 0, again)
  runner.send({ type: 'published', lease: again, published: { ...sneaky, entry: { ...sneaky.entry, objectKey: theirs.entry.objectKey } } })
  await runner.hears((said) => said.type === 'cancel' && said.lease === again)
  expect(await env.MEDIA.head(theirs.entry.objectKey)).not.toBeNull()
})

it('loses the leases of a runner that is silent on an open socket', async () => {
  const id = 'silent_sock1'
  await plannedVideo(id)
  await pool.submit([chunkTask(id, 0)])
  const silent = await new FakeRunner('ggggggggggg1', HEAVY_ONLY).connect()
  const lease = await silent.lease(`${id}:chunk:0`)
  vi.useFakeTimers({ now: Date.now() + 21_000, toFake: ['Date'] })
  try {
    await runInDurableObject(pool, async (instance) => await instance.alarm())
  } finally {
    vi.useRealTimers()
  }
  expect((await silent.isClosed()).code).toBe(1001)
  expect((await stateOf(id))[0]).toBe('waiting')
  const other = new FakeRunner('ggggggggggg2', HEAVY_ONLY).onLease((leased) => work(other, leased))
  await other.connect()
  expect(await other.lease(`${id}:chunk:0`)).not.toBe(lease)
  await vi.waitFor(async () => expect((await stateOf(id))[0]).toBe('done'))
})

it('answers a ping without waking, and tells progress', async () => {
  const id = 'tells_progr1'
  await plannedVideo(id)
  await pool.submit([chunkTask(id, 0)])
  const runner = await new FakeRunner('hhhhhhhhhhh1', HEAVY_ONLY).connect()
  const lease = await runner.lease(`${id}:chunk:0`)
  runner.send({ type: 'progress', lease, fraction: 0.5, text: 'frame 12' })
  await vi.waitFor(async () => expect((await pool.status(id))[0]?.outcome).toEqual({ state: 'leased', fraction: 0.5, text: 'frame 12' }))
  expect((await pool.runners())[0]?.tasks).toEqual([{ id: `${id}:chunk:0`, kind: 'encode-chunk', fraction: 0.5 }])
  const before = (await pool.runners())[0]?.lastSeenMs ?? 0
  runner.sendRaw('ping')
  await vi.waitFor(async () => expect((await pool.runners())[0]?.lastSeenMs).toBeGreaterThan(before))
})
