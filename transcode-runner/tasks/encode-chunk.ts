/**
 * Encodes chunks of the timeline in every rung from one decode. A chunk is published only after FFmpeg has ended well and
 * the chunk has exactly the frames it was to have; a source encoded whole publishes as it goes, since nothing was skipped.
 */
import type { Published } from '../../protocol/rendition-index.ts'
import type { TaskResult, TaskSpec } from '../../protocol/tasks.ts'
import type { VideoRung } from '../../protocol/plan.ts'
import { chunkFrames, segmentFrames } from '../../media/ladder/plan.ts'
import { TaskError } from '../failure.ts'
import { chunkRange, frameUs, readFirstFrameSeconds, videoArgs } from '../ffmpeg/video-args.ts'
import type { TaskContext } from './context.ts'
import { encode } from './encode.ts'
import { RenditionSink } from './rendition-sink.ts'
import { withSource } from './with-source.ts'

type Spec = Extract<TaskSpec, { kind: 'encode-chunk' }>
type Result = Extract<TaskResult, { kind: 'encode-chunk' }>

/** Runs the task. Fails as `uncuttable` when the chunk does not come out on its frame grid. */
export async function encodeChunk(spec: Spec, context: TaskContext): Promise<Result> {
  const { plan, firstChunk, lastChunk } = spec
  if (lastChunk !== null && lastChunk !== firstChunk) throw new TaskError('work', 'A task encodes one chunk, or all from one on.')
  const { firstFrame, frames } =
    lastChunk === null ? { firstFrame: firstChunk * chunkFrames(plan.timeline), frames: null } : chunkRange(plan, firstChunk)
  const cut = lastChunk !== null
  const held: { sink: RenditionSink; published: Published }[] = []
  const publish = (sink: RenditionSink, published: Published): void => {
    sink.keep(published.entry.objectKey)
    context.publish(published)
  }
  const sinks = plan.video.map((rung) => {
    const sink: RenditionSink = makeSink(spec, context, rung, (published) => {
      if (cut) held.push({ sink, published })
      else publish(sink, published)
    })
    return sink
  })
  try {
    await withSource(context, async (source) => {
      let firstSeconds: number | null = null
      const expected = Math.max(1, frames ?? plan.timeline.expectedFrames - firstFrame)
      await encode({
        context,
        args: videoArgs({ url: source.url, facts: spec.facts, plan, firstFrame, frames, preset: context.preset }),
        sinks,
        doing: 'encoding the picture',
        onProgress: ({ frames: done, speed }) => {
          context.progress(Math.min(0.99, done / expected), `${done} of ${expected} frames, ${speed}x`)
        },
        onErrorLine: (line) => (firstSeconds ??= readFirstFrameSeconds(line)),
      })
      if (cut) checkFirstFrame(firstSeconds, frameUs(plan, firstFrame) / 1e6, spec)
    })
    const made = checkFrames(sinks, spec, frames)
    for (const { sink, published } of held) publish(sink, published)
    return { kind: 'encode-chunk', frames: made, chunks: sinks[0]?.chunks ?? 0, renditions: plan.video.map(({ id }) => id) }
  } catch (error) {
    await Promise.all(sinks.map((sink) => sink.discard()))
    throw error
  }
}

function makeSink(spec: Spec, context: TaskContext, rung: VideoRung, onStored: (published: Published) => void): RenditionSink {
  const { timeline } = spec.plan
  return new RenditionSink({
    context,
    rendition: rung.id,
    // The ladder is 8 bit and tone-mapped: every rung is SDR.
    video: { width: rung.width, height: rung.height, frameRate: timeline.frameRate, videoRange: 'SDR' },
    audio: null,
    cut: {
      baseDecodeTicks: spec.firstChunk * chunkFrames(timeline) * timeline.frameTicks,
      // x264 and x265 delay two frames, but none in a chunk of one frame: its initialization segment would differ from the others.
      delayTicks: rung.codec === 'h264' || rung.codec === 'hevc' ? 2 * timeline.frameTicks : 0,
      firstSegment: spec.firstChunk * timeline.segmentsPerChunk,
      segmentsPerChunk: timeline.segmentsPerChunk,
      grouping: { by: 'gops', gopsPerSegment: segmentFrames(timeline) / timeline.gopFrames },
    },
    publishFrom: spec.publishFrom,
    onStored,
  })
}

/** The seek has to land at or before the chunk, else frames at its start would be missing (the rest would look right). */
function checkFirstFrame(firstSeconds: number | null, wantedSeconds: number, { facts, firstChunk }: Spec): void {
  if (firstSeconds === null || firstChunk === 0 || facts.video === null) return
  const halfFrame = facts.video.frameRate.den / facts.video.frameRate.num / 2
  const sourceStart = (facts.video.startUs - facts.originUs) / 1e6
  if (firstSeconds <= Math.max(wantedSeconds, sourceStart) + halfFrame) return
  throw new TaskError('uncuttable', `Chunk ${firstChunk} starts at ${wantedSeconds} s, but decoding began at ${firstSeconds} s.`)
}

/** All rungs have the same number of frames, and a chunk has all of its own. */
function checkFrames(sinks: readonly RenditionSink[], { plan, firstChunk }: Spec, frames: number | null): number {
  const counts = sinks.map((sink) => sink.ticks / plan.timeline.frameTicks)
  const [made = 0] = counts
  if (!Number.isInteger(made) || counts.some((count) => count !== made)) {
    throw new TaskError('uncuttable', `The rungs of chunk ${firstChunk} differ: ${counts.join(', ')} frames.`)
  }
  if (frames !== null && made !== frames) {
    throw new TaskError('uncuttable', `Chunk ${firstChunk} has ${made} frames where ${frames} were expected.`)
  }
  return made
}
