/** For tests: what a fake runner does with a task, without FFmpeg. Objects are a few bytes, entries have the shape of real ones. */
import { env } from 'cloudflare:test'
import { chunkKey, initKey, pictureKey } from '../../protocol/ids.ts'
import type { SourceFacts } from '../../protocol/plan.ts'
import type { Published, RenditionFacts } from '../../protocol/rendition-index.ts'
import type { Task, TaskResult } from '../../protocol/tasks.ts'
import { createVideo, moveState } from '../../workers/videos/store.ts'
import type { FakeRunner, Leased } from './fake-runner.ts'

/** A minute of 320×240 at 25 frames per second with sound. */
export const FACTS: SourceFacts = {
  container: 'mov,mp4,m4a,3gp,3g2,mj2',
  sizeBytes: 1_000_000,
  bitrateBps: 1_000_000,
  originUs: 0,
  durationUs: 60_000_000,
  video: {
    streamIndex: 0,
    codec: 'h264',
    profile: 'High',
    codedWidth: 320,
    codedHeight: 240,
    width: 320,
    height: 240,
    rotationDeg: 0,
    frameRate: { num: 25, den: 1 },
    variableFrameRate: false,
    interlaced: false,
    pixelFormat: 'yuv420p',
    bitDepth: 8,
    videoRange: 'SDR',
    startUs: 0,
    durationUs: 60_000_000,
  },
  audio: { streamIndex: 1, codec: 'aac', channels: 2, sampleRateHz: 48_000, startUs: 0, durationUs: 60_000_000 },
  wholeBecause: null,
}

/** A video whose source is complete. */
export async function newVideo(id: string, codecs = ['h264']): Promise<void> {
  await createVideo(env.DB, { id, title: id, createdMs: 1, source: { name: 'a.mp4', type: 'video/mp4', sizeBytes: 1 }, codecs })
  await moveState(env.DB, id, ['uploading'], 'processing')
}

/** After each test, also a failed one: what it left unfinished is none of the next one's business. */
export async function abandonVideos(): Promise<void> {
  const left = await env.DB.prepare(`UPDATE videos SET state = 'failed' WHERE state = 'processing' RETURNING id`).all<{ id: string }>()
  for (const { id } of left.results) await env.POOL.getByName('main').forget(id)
}

/** One chunk of one rendition; puts its object into the bucket. */
export async function makeChunk(videoId: string, facts: RenditionFacts, chunk: number, lease: string): Promise<Published> {
  const objectKey = chunkKey(videoId, facts.rendition, chunk, lease)
  await env.MEDIA.put(objectKey, `chunk ${chunk}`)
  await env.MEDIA.put(facts.initKey, 'init')
  const segment = { offset: 0, length: 1000, durationTicks: facts.timescale * 4, sha256: 'a'.repeat(64), independent: true, iframes: [] }
  const place = { firstSegment: chunk, startTicks: chunk * segment.durationTicks, segments: [segment] }
  return { lease, facts, entry: { rendition: facts.rendition, chunk, objectKey, sizeBytes: 1000, ...place } }
}

/** Facts of a rendition; `build` makes another initialization segment, as another FFmpeg would. */
export function renditionFacts(videoId: string, rendition: string, kind: 'video' | 'audio', build = 'b'): RenditionFacts {
  const initSha256 = build.repeat(64)
  const video = { width: 320, height: 240, frameRate: { num: 25, den: 1 }, videoRange: 'SDR' as const }
  return {
    rendition,
    kind,
    codecs: kind === 'video' ? 'avc1.64001f' : 'mp4a.40.2',
    timescale: kind === 'video' ? 12_800 : 48_000,
    initKey: initKey(videoId, rendition, initSha256),
    initSha256,
    initBytes: 4,
    video: kind === 'video' ? video : null,
    audio: kind === 'audio' ? { channels: 2, sampleRateHz: 48_000 } : null,
  }
}

/** What a task publishes, in order. */
export async function publications({ videoId, spec }: Task, lease: string, build = 'b'): Promise<Published[]> {
  const made: Published[] = []
  if (spec.kind === 'encode-chunk') {
    const last = spec.lastChunk ?? spec.plan.chunkCount - 1
    for (let chunk = spec.publishFrom; chunk <= last; chunk += 1) {
      for (const { id } of spec.plan.video) made.push(await makeChunk(videoId, renditionFacts(videoId, id, 'video', build), chunk, lease))
    }
  } else if (spec.kind === 'encode-audio') {
    for (let chunk = 0; chunk < Math.max(1, spec.plan.chunkCount); chunk += 1) {
      made.push(await makeChunk(videoId, renditionFacts(videoId, spec.plan.audio?.id ?? '', 'audio', build), chunk, lease))
    }
  }
  return made
}

/** What a task results in. */
export async function resultOf({ videoId, spec }: Task, lease: string, facts = FACTS): Promise<TaskResult> {
  switch (spec.kind) {
    case 'probe':
      return { kind: 'probe', facts }
    case 'loudness':
      return { kind: 'loudness', loudness: { integratedLufs: -23, truePeakDbtp: -3, rangeLu: 5, thresholdLufs: -33 } }
    case 'encode-audio':
      return { kind: 'encode-audio', samples: 1, chunks: Math.max(1, spec.plan.chunkCount) }
    case 'encode-chunk':
      return { kind: 'encode-chunk', frames: 1, chunks: 1, renditions: spec.plan.video.map(({ id }) => id) }
    case 'thumbnails': {
      const posterKey = pictureKey(videoId, 'poster', lease)
      await env.MEDIA.put(posterKey, 'jpeg')
      const pictures = { posterKey, spriteKeys: [], tileWidth: 160, tileHeight: 90, columns: 1, rows: 1, count: 0, intervalMs: 5000 }
      return { kind: 'thumbnails', pictures }
    }
  }
}

/** Does a task as a good runner would. */
export async function work(runner: FakeRunner, { lease, task }: Leased, facts = FACTS): Promise<void> {
  for (const published of await publications(task, lease)) runner.send({ type: 'published', lease, published })
  runner.send({ type: 'done', lease, result: await resultOf(task, lease, facts) })
}
