/** The tasks of a video. Ids say what they are, so that submitting again after a crash is submitting the same. */
import type { Plan, SourceFacts } from '../../protocol/plan.ts'
import type { Loudness } from '../../protocol/plan.ts'
import type { Task } from '../../protocol/tasks.ts'

/** Starts the ids of all chunk tasks of a video, and of nothing else. */
export function chunkTaskPrefix(videoId: string): string {
  return `${videoId}:chunk:`
}

export function probeTask(videoId: string, sourceName: string): Task {
  return { id: `${videoId}:probe:0`, videoId, spec: { kind: 'probe', sourceName } }
}

export function loudnessTask(videoId: string, facts: SourceFacts): Task {
  return { id: `${videoId}:loudness:0`, videoId, spec: { kind: 'loudness', facts } }
}

export function thumbnailsTask(videoId: string, facts: SourceFacts): Task {
  return { id: `${videoId}:thumbnails:0`, videoId, spec: { kind: 'thumbnails', facts } }
}

export function audioTask(videoId: string, facts: SourceFacts, plan: Plan, loudness: Loudness | null): Task {
  return { id: `${videoId}:audio:0`, videoId, spec: { kind: 'encode-audio', facts, plan, loudness, publishFrom: 0 } }
}

/** One chunk of every video rung. */
export function chunkTask(videoId: string, facts: SourceFacts, plan: Plan, chunk: number): Task {
  const spec = { kind: 'encode-chunk', facts, plan, firstChunk: chunk, lastChunk: chunk, publishFrom: chunk } as const
  return { id: `${chunkTaskPrefix(videoId)}${chunk}`, videoId, spec }
}

/** The whole picture in one go, from the first frame; chunks below `publishFrom` are there already. */
export function wholeTask(videoId: string, facts: SourceFacts, plan: Plan, publishFrom: number): Task {
  const spec = { kind: 'encode-chunk', facts, plan, firstChunk: 0, lastChunk: null, publishFrom } as const
  return { id: `${videoId}:whole:0`, videoId, spec }
}
