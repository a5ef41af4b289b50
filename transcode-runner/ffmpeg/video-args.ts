/**
 * The FFmpeg command that encodes a stretch of the timeline in every rung from one decode. Pure.
 *
 * Frame `n` of the timeline is the source's last frame at or before `origin + n / fps`, rounded to the nearest. That is
 * decided by the frame's own timestamp alone (times are shifted so that the origin is 0, and the `fps` filter rounds them
 * to whole numbers of frames), never by where the decode began: so every chunk sees the same frames, whoever encodes it.
 */
import { chunkFrames } from '../../media/ladder/plan.ts'
import type { Plan, SourceFacts, VideoFacts, VideoRung } from '../../protocol/plan.ts'
import { encoderArgs } from './encoder-args.ts'
import { clockArgs, fromOrigin, inputArgs, jumpTogether, QUIET_ARGS, seconds } from './input-args.ts'

export interface VideoCommand {
  url: string
  facts: SourceFacts
  plan: Plan
  /** First frame of the timeline that is written. */
  firstFrame: number
  /** Number of frames; null: to the end of the source. */
  frames: number | null
  /** x264's preset. */
  preset: string
  /** Threads of each encoder and decoder; null leaves it to FFmpeg. */
  threads?: number
}

/** Decoding begins this much before the first frame wanted: field and frame-rate filters look at the frame before. */
const MARGIN_US = 1_000_000

/** A chunk's first frame and how many it has; null for the last chunk, which runs to the end of the source. */
export function chunkRange(plan: Plan, chunk: number): { firstFrame: number; frames: number | null } {
  const frames = chunkFrames(plan.timeline)
  return { firstFrame: chunk * frames, frames: chunk >= plan.chunkCount - 1 ? null : frames }
}

/** Arguments: progress on standard output, rung `i` as fragmented MP4 on descriptor `3 + i`. */
export function videoArgs(command: VideoCommand): string[] {
  const { plan, facts, url } = command
  const video = needVideo(facts)
  const outputs = plan.video.flatMap((rung, index) => [
    ...['-map', `[r${index}]`, '-map_metadata', '-1', '-map_chapters', '-1', '-fps_mode', 'passthrough'],
    ...encoderArgs(rung, plan, command.preset),
    ...['-video_track_timescale', String(plan.timeline.timescale)],
    ...['-movflags', '+delay_moov+default_base_moof+frag_keyframe', '-f', 'mp4', `pipe:${3 + index}`],
  ])
  return [
    ...QUIET_ARGS,
    ...['-progress', 'pipe:1', '-stats_period', '1', ...clockArgs(facts)],
    ...seekArgs(command, video),
    ...inputArgs(url),
    ...['-filter_complex', videoGraph(command, video)],
    ...outputs,
    ...jumpTogether(facts, facts.audio),
  ]
}

/**
 * What FFmpeg prints about the first decoded frame: its time in seconds from the origin. Null for every other line.
 * Printed by the `select` filter of `videoGraph`; some builds put a prefix before it, FFmpeg 5.1 does not.
 */
export function readFirstFrameSeconds(line: string): number | null {
  const match = /^(?:\[Eval @ 0x[0-9a-f]+\] )?(-?\d+\.\d+)$/.exec(line)
  return match === null ? null : Number(match[1])
}

/** Microseconds from the origin to frame `n`. */
export function frameUs(plan: Plan, n: number): number {
  return Math.round((n * plan.timeline.frameRate.den * 1e6) / plan.timeline.frameRate.num)
}

function seekArgs({ plan, facts, firstFrame }: VideoCommand, video: VideoFacts): string[] {
  const targetUs = facts.originUs + frameUs(plan, firstFrame) - MARGIN_US
  // Timestamps as they are in the file: `-ss` alone would count from the file's own start.
  return targetUs <= video.startUs ? [] : ['-noaccurate_seek', '-seek_timestamp', '1', '-ss', seconds(targetUs)]
}

function videoGraph(command: VideoCommand, video: VideoFacts): string {
  const { plan, facts, firstFrame, frames } = command
  const { num, den } = plan.timeline.frameRate
  // Where the source's picture starts after this stretch does, its first frame stands in for what is missing.
  const late = video.startUs - facts.originUs > frameUs(plan, firstFrame)
  const head = [
    `setpts=${fromOrigin(facts)}`,
    // Prints the time of the first frame (level 24: warning), and lets all frames through.
    'select=if(eq(n\\,0)\\,1+0*print(t\\,24)\\,1)',
    ...(plan.deinterlace ? ['bwdif=mode=send_frame:parity=auto:deint=all'] : []),
    `fps=fps=${num}/${den}:round=near${late || firstFrame === 0 ? ':start_time=0' : ''}`,
    `trim=start_pts=${firstFrame}${frames === null ? '' : `:end_pts=${firstFrame + frames}`}`,
    'setpts=PTS-STARTPTS',
    ...toneMapFilters(plan),
  ]
  return [`[0:${video.streamIndex}]${head.join(',')}[s0]`, ...scaleChain(plan.video, plan, video)].join(';')
}

/** BT.2100 to BT.709: to linear light, one operator for the brightness, back to gamma. */
function toneMapFilters({ toneMap }: Plan): string[] {
  if (toneMap === null) return []
  const transfer = toneMap === 'PQ' ? 'smpte2084' : 'arib-std-b67'
  return [
    `zscale=tin=${transfer}:min=2020_ncl:pin=2020:t=linear:npl=100`,
    'format=gbrpf32le',
    'zscale=p=709',
    'tonemap=tonemap=hable:desat=0',
    'zscale=t=709:m=709:r=tv',
    'format=yuv420p',
  ]
}

/** Each size is scaled from the next larger one: a third faster than scaling all from the source, and no worse to look at. */
function scaleChain(rungs: readonly VideoRung[], plan: Plan, video: VideoFacts): string[] {
  const sizes = [...new Set(rungs.map(({ width, height }) => `${width}:${height}`))]
  return sizes.map((size, index) => {
    const users = rungs.flatMap((rung, i) => (`${rung.width}:${rung.height}` === size ? [`[r${i}]`] : []))
    const next = index + 1 < sizes.length ? [`[s${index + 1}]`] : []
    const outputs = [...users, ...next]
    const colour = index === 0 && plan.toneMap === null ? colourArgs(video) : ''
    const scale = `[s${index}]scale=${size}:flags=bicubic${colour},format=yuv420p,setsar=1`
    return `${scale}${outputs.length > 1 ? `,split=${outputs.length}` : ''}${outputs.join('')}`
  })
}

/** Everything comes out as BT.709 in video range. Untagged pictures are taken for what their size says, as players do. */
function colourArgs({ colorMatrix, colorRange, codedHeight }: VideoFacts): string {
  const known = colorMatrix === undefined ? (codedHeight >= 720 ? 'bt709' : 'smpte170m') : colorMatrix
  const range = colorRange === 'pc' ? ':in_range=pc:out_range=tv' : ''
  return known === 'bt709' && range === '' ? '' : `:in_color_matrix=${known}:out_color_matrix=bt709${range}`
}

function needVideo({ video }: SourceFacts): VideoFacts {
  if (video === null) throw new RangeError('a source without video has no video to encode')
  return video
}
