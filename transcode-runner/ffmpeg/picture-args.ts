/** FFmpeg commands for pictures: scrubbing sprites, candidates for the poster, the poster. Pure. */
import type { SourceFacts, VideoFacts } from '../../protocol/plan.ts'
import { inputArgs, QUIET_ARGS, seconds } from './input-args.ts'

/** How the tiles lie in the sprites. */
export interface Tiling {
  tileWidth: number
  tileHeight: number
  columns: number
  rows: number
  count: number
  intervalMs: number
}

const TILE_WIDTH = 160
const COLUMNS = 10
const MOST_TILES = 1000
/** Intervals that people can do sums with. */
const INTERVALS_S = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600]
/** Up to this length every frame is decoded, so that a tile shows its own second; longer videos are read by keyframes alone (20 times faster). */
const DECODE_ALL_BELOW_US = 120e6
const POSTER_WIDTH = 1280
/** Side of the gray pictures that candidates are judged by. */
export const CANDIDATE_SIDE = 32

/** At most a thousand tiles, 160 wide (portrait: 160 high, so that they fit the same box). */
export function tilingFor({ width, height }: VideoFacts, durationUs: number): Tiling {
  const durationS = Math.max(1, durationUs / 1e6)
  const intervalS = INTERVALS_S.find((interval) => durationS / interval <= MOST_TILES) ?? Math.ceil(durationS / MOST_TILES)
  const count = Math.min(MOST_TILES, Math.max(1, Math.ceil(durationS / intervalS)))
  const scale = TILE_WIDTH / Math.max(width, height)
  const even = (side: number): number => Math.max(2, Math.round((side * scale) / 2) * 2)
  return {
    tileWidth: even(width),
    tileHeight: even(height),
    columns: Math.min(COLUMNS, count),
    rows: Math.min(COLUMNS, Math.ceil(count / COLUMNS)),
    count,
    intervalMs: intervalS * 1000,
  }
}

/** Sprites as JPEG pictures one after another on standard output. Tile `i` shows the last picture at or before `i` intervals. */
export function spriteArgs(url: string, facts: SourceFacts, video: VideoFacts, tiling: Tiling): string[] {
  const { tileWidth, tileHeight, columns, rows, count, intervalMs } = tiling
  const filters = [
    `setpts=PTS-${seconds(facts.originUs)}/TB`.replace('--', '+'),
    `fps=fps=1000/${intervalMs}:round=up:start_time=0`,
    'tpad=stop=-1:stop_mode=clone',
    `trim=end_frame=${count}`,
    `scale=${tileWidth}:${tileHeight}:flags=area`,
    'setsar=1',
    `tile=${columns}x${rows}`,
  ]
  const keyframesOnly = facts.durationUs > DECODE_ALL_BELOW_US
  return [
    ...[...QUIET_ARGS, '-copyts'],
    ...(keyframesOnly ? ['-discard', 'nokey', '-skip_frame', 'nokey'] : []),
    ...inputArgs(url),
    ...['-map', `0:${video.streamIndex}`, '-vf', filters.join(','), '-fps_mode', 'passthrough'],
    ...['-c:v', 'mjpeg', '-q:v', '4', '-pix_fmt', 'yuvj420p', '-f', 'image2pipe', 'pipe:1'],
  ]
}

/** One frame at a time, small and gray, on standard output. */
export function candidateArgs(url: string, video: VideoFacts, atUs: number): string[] {
  const filter = `scale=${CANDIDATE_SIDE}:${CANDIDATE_SIDE}:flags=area,format=gray`
  return [...frameAt(url, video, atUs), '-vf', filter, '-f', 'rawvideo', 'pipe:1']
}

/** One frame as JPEG on standard output, at most 1280 wide. */
export function posterArgs(url: string, video: VideoFacts, atUs: number, deinterlace: boolean): string[] {
  const width = Math.min(POSTER_WIDTH, Math.floor(video.width / 2) * 2)
  const filter = `${deinterlace ? 'bwdif,' : ''}scale=${Math.max(2, width)}:${Math.max(2, Math.round((video.height * width) / video.width / 2) * 2)},setsar=1`
  return [...frameAt(url, video, atUs), '-vf', filter, '-c:v', 'mjpeg', '-q:v', '3', '-pix_fmt', 'yuvj420p', '-f', 'image2pipe', 'pipe:1']
}

function frameAt(url: string, video: VideoFacts, atUs: number): string[] {
  const seek = atUs <= video.startUs ? [] : ['-noaccurate_seek', '-seek_timestamp', '1', '-ss', seconds(Math.round(atUs))]
  return [...QUIET_ARGS, ...seek, ...inputArgs(url), '-map', `0:${video.streamIndex}`, '-frames:v', '1']
}
