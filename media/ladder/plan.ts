/**
 * What is made of a source. Pure: the same facts and wishes give the same plan whoever encodes it, so chunk borders and
 * frames do not depend on how many runners there are.
 */
import type { Fraction, Plan, SourceFacts, Timeline, VideoCodec } from '../../protocol/plan.ts'
import { toNumber } from './fraction.ts'
import { ladderRungs } from './rungs.ts'

/** A keyframe every two seconds: a seek costs at most that, and compression loses little. */
const GOP_SECONDS = 2
const GOPS_PER_SEGMENT = 2
/** A frame of silence has to be cut somewhere: audio-only videos use this grid. */
const AUDIO_ONLY_RATE: Fraction = { num: 25, den: 1 }
/** Frame times finer than 0.1 ms, so that rounding to the container's clock never shows. */
const LOWEST_TIMESCALE = 10_000

/** Plans the ladder. `codecs` empty means H.264. Throws when the source has neither video nor audio. */
export function planLadder(facts: SourceFacts, wishes: { codecs: readonly VideoCodec[] }): Plan {
  const { video, audio } = facts
  if (video === null && audio === null) throw new RangeError('the source has neither video nor audio')
  const timeline = planTimeline(facts)
  return {
    timeline,
    mode: video !== null && facts.wholeBecause !== null ? 'whole' : 'chunks',
    chunkCount: video === null ? 0 : Math.ceil(timeline.expectedFrames / chunkFrames(timeline)),
    video: video === null ? [] : ladderRungs(video, toNumber(video.frameRate), wishes.codecs),
    audio: audio === null ? null : { id: 'audio-aac', codec: 'aac', bitrateBps: 128_000, channels: 2, sampleRateHz: 48_000 },
    deinterlace: video?.interlaced ?? false,
    toneMap: video === null || video.videoRange === 'SDR' ? null : video.videoRange,
  }
}

/** Frames of a segment. */
export function segmentFrames(timeline: Timeline): number {
  return timeline.gopFrames * timeline.gopsPerSegment
}

/** Frames of a chunk; the last one of a plan may have fewer or more. */
export function chunkFrames(timeline: Timeline): number {
  return segmentFrames(timeline) * timeline.segmentsPerChunk
}

function planTimeline(facts: SourceFacts): Timeline {
  const { video } = facts
  const frameRate = video?.frameRate ?? AUDIO_ONLY_RATE
  const fps = toNumber(frameRate)
  const factor = Math.ceil(LOWEST_TIMESCALE / frameRate.num)
  const endUs = video === null || video.durationUs === null ? facts.durationUs : video.startUs - facts.originUs + video.durationUs
  return {
    frameRate,
    timescale: frameRate.num * factor,
    frameTicks: frameRate.den * factor,
    gopFrames: Math.max(1, Math.round(GOP_SECONDS * fps)),
    gopsPerSegment: GOPS_PER_SEGMENT,
    segmentsPerChunk: segmentsPerChunk(facts.durationUs),
    expectedFrames: Math.max(1, Math.round((endUs / 1e6) * fps)),
  }
}

/** Short videos have small chunks, so that several runners share even them; long ones large, so that tasks stay few. */
function segmentsPerChunk(durationUs: number): number {
  const minutes = durationUs / 60e6
  return minutes < 2 ? 2 : minutes < 20 ? 5 : 15
}
