/** Which code does which kind of task. */
import type { TaskResult, TaskSpec } from '../../protocol/tasks.ts'
import type { TaskContext } from './context.ts'
import { encodeAudio } from './encode-audio.ts'
import { encodeChunk } from './encode-chunk.ts'
import { measureLoudness } from './loudness.ts'
import { probe } from './probe.ts'
import { makeThumbnails } from './thumbnails.ts'

/** Runs a task to its result; throws `TaskError`, or what went wrong. */
export function runTask(spec: TaskSpec, context: TaskContext): Promise<TaskResult> {
  switch (spec.kind) {
    case 'probe':
      return probe(spec, context)
    case 'loudness':
      return measureLoudness(spec, context)
    case 'encode-chunk':
      return encodeChunk(spec, context)
    case 'encode-audio':
      return encodeAudio(spec, context)
    case 'thumbnails':
      return makeThumbnails(spec, context)
  }
}
