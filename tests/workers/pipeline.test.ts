/** The whole pipeline inside workerd: real Workflow, pool, D1 and bucket; only FFmpeg is played. */
import { createExecutionContext, env, evictDurableObject } from 'cloudflare:test'
import { afterEach, expect, it, vi } from 'vitest'
import { madePrefix } from '../../protocol/ids.ts'
import type { SourceFacts } from '../../protocol/plan.ts'
import type { Published } from '../../protocol/rendition-index.ts'
import { PipelineHooks } from '../../workers/pipeline/hooks.ts'
import { startPipeline } from '../../workers/pipeline/start.ts'
import { sweep } from '../../workers/pipeline/sweep.ts'
import { listRenditions, recordPublished, referencedKeys } from '../../workers/renditions/store.ts'
import { getVideo, listStages } from '../../workers/videos/store.ts'
import { FakeRunner, dropAllRunners } from './fake-runner.ts'
import { FACTS, abandonVideos, newVideo, publications, resultOf, work } from './fake-work.ts'

const PATIENT = { timeout: 20_000, interval: 50 }

afterEach(dropAllRunners)
afterEach(abandonVideos)

async function reaches(id: string, state: 'ready' | 'failed'): Promise<void> {
  await vi.waitFor(async () => expect((await getVideo(env.DB, id))?.state).toBe(state), PATIENT)
}

async function prefixes(id: string): Promise<Record<string, number>> {
  return Object.fromEntries((await listRenditions(env.DB, id)).map(({ facts, prefixChunks }) => [facts.rendition, prefixChunks]))
}

it('takes a video from processing to ready, with two runners sharing its chunks', async () => {
  const id = 'whole_path_1'
  await newVideo(id)
  const runners = [new FakeRunner('aaaaaaaaaaa1'), new FakeRunner('aaaaaaaaaaa2')]
  // Nobody delivers before both have a chunk, so that both are seen to get one.
  const busy = Promise.all(runners.map((runner) => runner.hears((said) => said.type === 'lease' && said.task.spec.kind === 'encode-chunk')))
  for (const runner of runners) {
    runner.onLease(async (leased) => {
      if (leased.task.spec.kind === 'encode-chunk') await busy
      await work(runner, leased)
    })
    await runner.connect()
  }
  await startPipeline(env, id)
  await startPipeline(env, id)
  await reaches(id, 'ready')

  const plan = (await getVideo(env.DB, id))?.plan
  const chunkCount = plan?.chunkCount ?? 0
  expect(chunkCount).toBeGreaterThan(1)
  const rungs = [...(plan?.video.map((rung) => rung.id) ?? []), plan?.audio?.id ?? '']
  expect(await prefixes(id)).toEqual(Object.fromEntries(rungs.map((rung) => [rung, chunkCount])))
  const chunks = runners.flatMap((runner) => runner.tasks().flatMap(({ spec }) => (spec.kind === 'encode-chunk' ? [spec.firstChunk] : [])))
  expect(chunks.toSorted((a, b) => a - b)).toEqual(Array.from({ length: chunkCount }, (_, n) => n))
  const stages = (await listStages(env.DB, [id])).get(id)
  expect(stages?.map(({ name, state }) => `${name} ${state}`)).toEqual([
    'probe done',
    'video done',
    'audio done',
    'thumbnails done',
    'finish done',
  ])
  expect((await getVideo(env.DB, id))?.pictures?.posterKey).toMatch(/poster/)
  expect(await env.POOL.getByName('main').status(id)).toEqual([])
})

it('goes on when a runner is lost in the middle, and the bucket keeps nothing of the lost attempt', async () => {
  const id = 'lost_runner1'
  await newVideo(id)
  let lostTask = ''
  const first = new FakeRunner('bbbbbbbbbbb1').onLease(async (leased) => {
    if (leased.task.spec.kind !== 'encode-chunk') return await work(first, leased)
    // Its first rung lies in the bucket and nobody was told: killed between the two.
    lostTask = leased.task.id
    await publications(leased.task, leased.lease)
    first.drop()
  })
  await first.connect()
  await startPipeline(env, id)
  await vi.waitFor(() => expect(lostTask).not.toBe(''), PATIENT)
  const second = new FakeRunner('bbbbbbbbbbb2').onLease((leased) => work(second, leased))
  await second.connect()
  await reaches(id, 'ready')

  expect(second.tasks().map((task) => task.id)).toContain(lostTask)
  const pictures = (await getVideo(env.DB, id))?.pictures
  const kept = [...(await referencedKeys(env.DB, id)), pictures?.posterKey ?? '']
  const there = (await env.MEDIA.list({ prefix: madePrefix(id) })).objects.map(({ key }) => key)
  expect(there.toSorted()).toEqual(kept.toSorted())
})

it('goes on when the pool is evicted in the middle: sockets sleep, leases stay', async () => {
  const id = 'evicted_pool'
  await newVideo(id)
  let evictions = 0
  const runner = new FakeRunner('ccccccccccc1').onLease(async (leased) => {
    evictions += 1
    await evictDurableObject(env.POOL.getByName('main'))
    await work(runner, leased)
  })
  await runner.connect()
  await startPipeline(env, id)
  await reaches(id, 'ready')
  expect(evictions).toBeGreaterThan(4)
  expect(new Set(runner.tasks().map((task) => task.id)).size).toBe(runner.tasks().length)
})

it('fails a video whose source is no video, with the sentence of the probe', async () => {
  const id = 'text_file_01'
  await newVideo(id)
  const failure = { reason: 'source' as const, message: 'This file is not a video.', log: 'moov atom not found' }
  const runner = new FakeRunner('ddddddddddd1').onLease(({ lease }) => void runner.send({ type: 'failed', lease, failure }))
  await runner.connect()
  await startPipeline(env, id)
  await reaches(id, 'failed')
  expect(runner.tasks()).toHaveLength(1)
  expect((await getVideo(env.DB, id))?.error).toEqual({ code: 'source-unusable', message: 'This file is not a video.' })
  expect((await listStages(env.DB, [id])).get(id)).toMatchObject([{ name: 'probe', state: 'failed', text: 'This file is not a video.' }])
})

it('fails after the third failure of a task, with the last lines of FFmpeg', async () => {
  const id = 'three_fails1'
  await newVideo(id)
  const failure = { reason: 'work' as const, message: 'FFmpeg ended with 1.', log: 'first line\nConversion failed!' }
  const runner = new FakeRunner('eeeeeeeeeee1').onLease(async (leased) => {
    if (leased.task.spec.kind === 'encode-audio') runner.send({ type: 'failed', lease: leased.lease, failure })
    else await work(runner, leased)
  })
  await runner.connect()
  await startPipeline(env, id)
  await reaches(id, 'failed')
  expect(runner.tasks().filter(({ spec }) => spec.kind === 'encode-audio')).toHaveLength(3)
  expect((await getVideo(env.DB, id))?.error).toEqual({
    code: 'encode-failed',
    message: 'FFmpeg ended with 1.\nfirst line\nConversion failed!',
  })
})

it('encodes the rest in one go when a chunk cannot be cut, and keeps what viewers may have', async () => {
  const id = 'uncuttable_1'
  await newVideo(id)
  const failure = { reason: 'uncuttable' as const, message: 'Chunk 2 did not start on its frame.', log: '' }
  const runner = new FakeRunner('fffffffffff1').onLease(async (leased) => {
    const { spec } = leased.task
    if (spec.kind === 'encode-chunk' && spec.firstChunk === 1 && spec.lastChunk !== null) {
      await vi.waitFor(async () => expect(Math.min(...Object.values(await prefixes(id)))).toBeGreaterThan(0), PATIENT)
      runner.send({ type: 'failed', lease: leased.lease, failure })
    } else await work(runner, leased)
  })
  await runner.connect()
  await startPipeline(env, id)
  await reaches(id, 'ready')
  const whole = runner.tasks().flatMap(({ spec }) => (spec.kind === 'encode-chunk' && spec.lastChunk === null ? [spec] : []))
  expect(whole).toMatchObject([{ firstChunk: 0, publishFrom: 1 }])
  const { plan } = (await getVideo(env.DB, id)) ?? {}
  expect(plan?.mode).toBe('whole')
  expect(Object.values(await prefixes(id))).toEqual(Object.values(await prefixes(id)).map(() => plan?.chunkCount))
})

it('does a sound file and a silent one', async () => {
  const sources: [string, SourceFacts, string[]][] = [
    ['sound_only_1', { ...FACTS, video: null }, ['probe', 'loudness', 'encode-audio']],
    ['silent_pic_1', { ...FACTS, audio: null, durationUs: 2_000_000 }, ['probe', 'thumbnails', 'encode-chunk']],
  ]
  for (const [id, facts, kinds] of sources) {
    await newVideo(id)
    const runner = new FakeRunner('ggggggggggg1').onLease((leased) => work(runner, leased, facts))
    await runner.connect()
    await startPipeline(env, id)
    await reaches(id, 'ready')
    expect([...new Set(runner.tasks().map(({ spec }) => spec.kind))].toSorted()).toEqual(kinds.toSorted())
    runner.drop()
  }
})

it('says on the page which encoder is missing, and goes on when a runner brings it', async () => {
  const id = 'wants_av1_01'
  await newVideo(id, ['h264', 'av1'])
  const plain = new FakeRunner('hhhhhhhhhhh1').onLease((leased) => work(plain, leased))
  await plain.connect()
  await startPipeline(env, id)
  await vi.waitFor(async () => {
    const stage = (await listStages(env.DB, [id])).get(id)?.find(({ name }) => name === 'video')
    expect(stage).toMatchObject({ state: 'waiting', text: 'waiting for a runner whose FFmpeg has libsvtav1' })
  }, PATIENT)
  expect(plain.tasks().some(({ spec }) => spec.kind === 'encode-chunk')).toBe(false)
  const modern = new FakeRunner('hhhhhhhhhhh2', { encoders: ['libx264', 'libsvtav1', 'aac'] }).onLease((leased) => work(modern, leased))
  await modern.connect()
  await reaches(id, 'ready')
})

it('sweeps: makes an instance that is missing, leaves a failed video alone', async () => {
  const id = 'never_began1'
  await newVideo(id)
  const runner = new FakeRunner('iiiiiiiiiii1').onLease((leased) => work(runner, leased))
  await runner.connect()
  await sweep(env)
  await reaches(id, 'ready')
  await sweep(env)
})

it('fails the video of a pipeline that was stopped, so that somebody sees it', async () => {
  const id = 'terminated_1'
  await newVideo(id)
  await startPipeline(env, id)
  await (await env.PIPELINE.get(id)).terminate()
  await sweep(env)
  expect((await getVideo(env.DB, id))?.error?.code).toBe('pipeline-broke')
})

it('makes a video without previews ready when previews fail for good, and says so on their line', async () => {
  const id = 'no_previews1'
  await newVideo(id)
  const failure = { reason: 'work' as const, message: 'FFmpeg made no poster.', log: 'last words' }
  const runner = new FakeRunner('kkkkkkkkkkk1').onLease(async (leased) => {
    if (leased.task.spec.kind === 'thumbnails') runner.send({ type: 'failed', lease: leased.lease, failure })
    else await work(runner, leased)
  })
  await runner.connect()
  await startPipeline(env, id)
  await reaches(id, 'ready')
  expect(runner.tasks().filter(({ spec }) => spec.kind === 'thumbnails')).toHaveLength(3)
  const video = await getVideo(env.DB, id)
  expect(video).toMatchObject({ pictures: null, error: null })
  const stages = (await listStages(env.DB, [id])).get(id)
  expect(stages?.find(({ name }) => name === 'thumbnails')).toMatchObject({ state: 'failed', text: 'FFmpeg made no poster.' })
  expect(stages?.filter(({ state }) => state === 'done').map(({ name }) => name)).toEqual(['probe', 'video', 'audio', 'finish'])
})

it('adds nothing to a video that failed, however late a chunk arrives', async () => {
  const id = 'late_chunk_1'
  await newVideo(id)
  const failure = { reason: 'source' as const, message: 'The sound is broken.', log: '' }
  let late: { lease: string; published: Published[] } | null = null
  const runner = new FakeRunner('lllllllllll1', { slots: { heavy: 2, light: 2 } }).onLease(async (leased) => {
    const { spec } = leased.task
    if (spec.kind === 'encode-chunk' && spec.firstChunk === 1) {
      late = { lease: leased.lease, published: await publications(leased.task, leased.lease) }
    } else if (spec.kind === 'loudness') {
      await vi.waitFor(async () => {
        expect(late).not.toBeNull()
        expect(Math.min(...Object.values(await prefixes(id)))).toBe(1)
      }, PATIENT)
      runner.send({ type: 'failed', lease: leased.lease, failure })
    } else await work(runner, leased)
  })
  await runner.connect()
  await startPipeline(env, id)
  await reaches(id, 'failed')
  const before = await prefixes(id)
  expect(late).not.toBeNull()
  const { lease, published } = late as unknown as { lease: string; published: Published[] }
  // What the runner still says, once it was told to stop …
  await runner.hears((said) => said.type === 'cancel' && said.lease === lease)
  for (const one of published) await runner.acked(runner.send({ type: 'published', lease, published: one }))
  // … what the pool was just telling when the video failed …
  for (const one of published) expect(await new PipelineHooks(createExecutionContext(), env).published(id, one)).toBe(false)
  // … and what had passed the check of the state by then.
  for (const one of published) expect(await recordPublished(env.DB, id, one)).toBe('refused')
  expect(await prefixes(id)).toEqual(before)
  expect(await env.DB.prepare('SELECT COUNT(*) AS n FROM chunks WHERE video_id = ? AND chunk = 1').bind(id).first('n')).toBe(0)
  for (const { entry } of published) expect(await env.MEDIA.head(entry.objectKey)).toBeNull()
})

it('asks for nothing when the video was deleted meanwhile', async () => {
  const id = 'deleted_vid1'
  await newVideo(id)
  const runner = new FakeRunner('jjjjjjjjjjj1')
  await runner.connect()
  await startPipeline(env, id)
  const lease = await runner.lease(`${id}:probe:0`)
  await env.DB.prepare('DELETE FROM videos WHERE id = ?').bind(id).run()
  const probe = runner.tasks()[0]
  if (probe === undefined) throw new Error('no task')
  runner.send({ type: 'done', lease, result: await resultOf(probe, lease) })
  await vi.waitFor(async () => expect(await env.POOL.getByName('main').status(id)).toEqual([]), PATIENT)
  expect(runner.tasks()).toHaveLength(1)
})
