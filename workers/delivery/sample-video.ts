/** For tests: a video with an index and bytes in the bucket that can be told apart by their position. */
import { chunkKey, initKey, sourceKey } from '../../protocol/ids.ts'
import type { Plan } from '../../protocol/plan.ts'
import type { ChunkEntry, Published, RenditionFacts, SegmentEntry } from '../../protocol/rendition-index.ts'
import type { VideoState } from '../../protocol/videos.ts'
import { recordPublished } from '../renditions/store.ts'
import { createVideo, savePlan } from '../videos/store.ts'

const LEASE = 'lease00000'
/** 4 s segments of two 2 s GOPs at 25 frames per second; five segments a chunk. */
export const TIMELINE: Plan['timeline'] = {
  frameRate: { num: 25, den: 1 },
  timescale: 25_000,
  frameTicks: 1_000,
  gopFrames: 50,
  gopsPerSegment: 2,
  segmentsPerChunk: 5,
  expectedFrames: 1_000,
}
const SOUND = { id: 'audio-aac', codec: 'aac' as const, bitrateBps: 128_000, channels: 2, sampleRateHz: 48_000 }

/** Rungs by height; the first listed is the highest. */
export function samplePlan(heights: number[], withSound: boolean): Plan {
  return {
    timeline: TIMELINE,
    mode: 'chunks',
    chunkCount: 2,
    video: heights.map((height) => ({
      id: `${height}p-h264`,
      codec: 'h264',
      width: (height * 16) / 9,
      height,
      crf: 23,
      maxBitrateBps: height * 5_000,
      bufferBits: height * 10_000,
    })),
    audio: withSound ? SOUND : null,
    deinterlace: false,
    toneMap: null,
  }
}

/** Twelve characters, new each time: storage is kept from one test of a file to the next. */
export function newVideoId(): string {
  return `t${crypto.randomUUID().replaceAll('-', '').slice(0, 11)}`
}

export async function addVideo(
  env: Env,
  {
    state = 'processing',
    plan = null,
    name = 'clip.mp4',
    type = 'video/mp4',
  }: { state?: VideoState; plan?: Plan | null; name?: string; type?: string },
): Promise<string> {
  const id = newVideoId()
  await createVideo(env.DB, { id, title: 't', createdMs: 1, source: { name, type, sizeBytes: 1 }, codecs: ['h264'] })
  if (plan !== null) await savePlan(env.DB, id, plan)
  await setState(env, id, state)
  return id
}

export async function setState(env: Env, id: string, state: VideoState): Promise<void> {
  await env.DB.prepare('UPDATE videos SET state = ? WHERE id = ?').bind(state, id).run()
}

export async function putSource(env: Env, id: string, bytes: Uint8Array): Promise<void> {
  await env.MEDIA.put(sourceKey(id), bytes)
}

/** Bytes whose value depends on where they are and on a seed. */
export function pattern(length: number, seed = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (at * 31 + (at >> 8) * 7 + seed) & 0xff)
}

function factsOf(id: string, rendition: string): RenditionFacts {
  const height = Number.parseInt(rendition, 10)
  const sound = Number.isNaN(height)
  const sha256 = sound ? 'a'.repeat(64) : String(height).padStart(64, '0')
  return {
    rendition,
    kind: sound ? 'audio' : 'video',
    codecs: sound ? 'mp4a.40.2' : 'avc1.64001f',
    timescale: sound ? 48_000 : TIMELINE.timescale,
    initKey: initKey(id, rendition, sha256),
    initSha256: sha256,
    initBytes: 600,
    video: sound ? null : { width: (height * 16) / 9, height, frameRate: { num: 30_000, den: 1_001 }, videoRange: 'SDR' },
    audio: sound ? { channels: 2, sampleRateHz: 48_000 } : null,
  }
}

/** A chunk of five segments: 1,000 bytes a segment for sound, height × 10 for pictures, with two keyframes each. */
export function sampleChunk(id: string, rendition: string, chunk: number, count = 5): Published {
  const facts = factsOf(id, rendition)
  const durationTicks = 4 * facts.timescale
  const length = facts.kind === 'audio' ? 1_000 : Number.parseInt(rendition, 10) * 10
  const segments = Array.from({ length: count }, (_, place): SegmentEntry => {
    const offset = place * length
    const iframe = { length: 100, durationTicks: durationTicks / 2 }
    return {
      offset,
      length,
      durationTicks,
      sha256: `${chunk * 5 + place}`.padStart(64, 'c'),
      independent: true,
      iframes:
        facts.kind === 'audio'
          ? []
          : [
              { ...iframe, offset, timeTicks: 0 },
              { ...iframe, offset: offset + length / 2, timeTicks: durationTicks / 2 },
            ],
    }
  })
  const entry: ChunkEntry = {
    rendition,
    chunk,
    objectKey: chunkKey(id, rendition, chunk, LEASE),
    sizeBytes: length * count,
    firstSegment: chunk * 5,
    startTicks: chunk * 5 * durationTicks,
    segments,
  }
  return { facts, entry, lease: LEASE }
}

/** Puts the chunk's bytes and its initialization segment into the bucket, and the row into the index. */
export async function publish(env: Env, id: string, rendition: string, chunk: number, count = 5): Promise<Published> {
  const published = sampleChunk(id, rendition, chunk, count)
  await env.MEDIA.put(published.facts.initKey, pattern(published.facts.initBytes, 200))
  await env.MEDIA.put(published.entry.objectKey, pattern(published.entry.sizeBytes, chunk))
  await recordPublished(env.DB, id, published)
  return published
}
