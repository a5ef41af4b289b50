/** The lines of the processing page: computed from the index and the pool, written to D1. */
import type { TaskStatus } from '../../protocol/pipeline.ts'
import type { Plan, SourceFacts } from '../../protocol/plan.ts'
import { encodersOf, type TaskKind } from '../../protocol/tasks.ts'
import type { Stage, StageName } from '../../protocol/videos.ts'
import type { Rendition } from '../../protocol/rendition-index.ts'

/** Which line a task belongs to. */
export const STAGE_OF: Record<TaskKind, StageName> = {
  probe: 'probe',
  loudness: 'audio',
  'encode-audio': 'audio',
  thumbnails: 'thumbnails',
  'encode-chunk': 'video',
}

/** Chunks that every video rung has without a gap: what a viewer can watch in any quality. */
export function sharedPrefix(plan: Plan, renditions: Rendition[]): number {
  const prefix = new Map(renditions.map(({ facts, prefixChunks }) => [facts.rendition, prefixChunks]))
  return Math.min(...plan.video.map(({ id }) => prefix.get(id) ?? 0))
}

/** `chunk 3 of 12`: the third is being made. */
export function videoStage(plan: Plan, renditions: Rendition[]): Stage {
  if (plan.video.length === 0) return { name: 'video', state: 'skipped', progress: 1, text: 'no picture' }
  const ready = sharedPrefix(plan, renditions)
  const count = Math.max(plan.chunkCount, ready, 1)
  const text = `chunk ${Math.min(ready + 1, count)} of ${count}`
  return { name: 'video', state: 'running', progress: ready / count, text }
}

/** How much of the sound is there. */
export function audioStage(facts: SourceFacts, plan: Plan, renditions: Rendition[]): Stage {
  if (plan.audio === null) return { name: 'audio', state: 'skipped', progress: 1, text: 'no sound' }
  const rendition = renditions.find((one) => one.facts.rendition === plan.audio?.id)
  if (rendition === undefined) return { name: 'audio', state: 'running', progress: 0, text: 'measuring loudness' }
  const readyUs = (rendition.prefixTicks / rendition.facts.timescale) * 1e6
  const progress = Math.min(1, readyUs / Math.max(1, facts.durationUs))
  return { name: 'audio', state: 'running', progress, text: `${Math.floor(progress * 100)} % encoded` }
}

/** A stage all of whose tasks are done. */
export function doneStage(name: StageName, text: string): Stage {
  return { name, state: 'done', progress: 1, text }
}

/**
 * Why nothing happens, or null: nobody is connected, or nobody who has the encoders. Asked only where tasks wait and none
 * of their kind is being worked on.
 */
export function whyIdle(tasks: TaskStatus[], plan: Plan | null, runners: { encoders: string[] }[]): string | null {
  if (!tasks.some(({ outcome }) => outcome.state === 'waiting') || tasks.some(({ outcome }) => outcome.state === 'leased')) return null
  if (runners.length === 0) return 'waiting for a runner to connect'
  const kind = tasks.find(({ outcome }) => outcome.state === 'waiting')?.kind
  const needs = plan === null ? [] : encodersFor(kind, plan)
  if (needs.length === 0 || runners.some(({ encoders }) => needs.every((need) => encoders.includes(need)))) return null
  const best = runners.map(({ encoders }) => needs.filter((need) => !encoders.includes(need))).toSorted((a, b) => a.length - b.length)[0]
  return `waiting for a runner whose FFmpeg has ${(best ?? needs).join(' and ')}`
}

function encodersFor(kind: TaskKind | undefined, plan: Plan): string[] {
  return kind === 'encode-chunk' || kind === 'encode-audio' ? encodersOf({ kind, plan }) : []
}
