/** Encodes the sound whole, in one process, so that no seam can be heard; its chunks are published while it runs. */
import { segmentFrames } from '../../media/ladder/plan.ts'
import type { TaskResult, TaskSpec } from '../../protocol/tasks.ts'
import { TaskError } from '../failure.ts'
import { audioArgs } from '../ffmpeg/audio-args.ts'
import type { TaskContext } from './context.ts'
import { encode } from './encode.ts'
import { RenditionSink } from './rendition-sink.ts'
import { withSource } from './with-source.ts'

type Spec = Extract<TaskSpec, { kind: 'encode-audio' }>
type Result = Extract<TaskResult, { kind: 'encode-audio' }>

/** Runs the task. */
export async function encodeAudio(spec: Spec, context: TaskContext): Promise<Result> {
  const { facts, plan } = spec
  const { timeline, audio } = plan
  if (audio === null) throw new TaskError('work', 'The plan has no sound.')
  const sink: RenditionSink = new RenditionSink({
    context,
    rendition: audio.id,
    video: null,
    audio: { channels: audio.channels, sampleRateHz: audio.sampleRateHz },
    cut: {
      baseDecodeTicks: 0,
      firstSegment: 0,
      segmentsPerChunk: timeline.segmentsPerChunk,
      grouping: { by: 'time', segmentSeconds: { num: segmentFrames(timeline) * timeline.frameTicks, den: timeline.timescale } },
    },
    publishFrom: spec.publishFrom,
    onStored: (published) => {
      sink.keep(published.entry.objectKey)
      context.publish(published)
    },
  })
  try {
    await withSource(context, ({ url }) =>
      encode({
        context,
        args: audioArgs(url, facts, plan, spec.loudness),
        sinks: [sink],
        doing: 'encoding the sound',
        onProgress: ({ outTimeUs, speed }) => {
          context.progress(Math.min(0.99, outTimeUs / Math.max(1, facts.durationUs)), `encoding sound, ${speed}x`)
        },
      }),
    )
    return { kind: 'encode-audio', samples: sink.ticks, chunks: sink.chunks }
  } catch (error) {
    await sink.discard()
    throw error
  }
}
