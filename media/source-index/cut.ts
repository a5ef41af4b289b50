/** Where a source is cut: the picture at its own keyframes, the sound where the picture is. */
import type { SampleTable } from '../container/model.ts'
import { MediaError } from '../errors.ts'

/** A segment is made no shorter than this when the next keyframe allows. */
const AIM_SECONDS = 4
/** A keyframe this little before the aim is taken: clocks of 1/90000 and 1/1000 second round. */
const SLACK_SECONDS = 0.05
/** A clock that rounds may put the first keyframe this much before 0. */
const EARLY_SECONDS = 0.001
/** Sound that an edit list cuts off: as much as any decoder needs to get going (Opus 80 ms, AAC with SBR 120 ms) is kept. */
const RUN_UP_SECONDS = 0.2
/** What a player can be asked to fetch before it can go on. */
const MAX_SECONDS = 30
const MAX_BYTES = 64 * 1024 * 1024

/** Samples `[from, to)` in decode order make one segment, shown from `startTicks`. */
export interface Cut {
  from: number
  to: number
  /** Presentation ticks on the video's timeline. */
  startTicks: number
}

/** What is cut: samples, ticks per second, and what to add to media time to be on the video's timeline. */
export interface Cuttable {
  samples: SampleTable
  timescale: number
  shiftTicks: number
  /** Presentation ticks behind which nothing is shown. */
  endTicks: number
}

/** Cuts at keyframes. Throws `MediaError` 'unsupported' when keyframes are too far apart, or the first frame shown is none. */
export function cutPicture({ samples, timescale, shiftTicks, endTicks }: Cuttable): Cut[] {
  const cuts: Cut[] = []
  const to = lastShown(samples, shiftTicks, endTicks)
  const first = firstKeyframe(samples, shiftTicks - EARLY_SECONDS * timescale)
  if (first === -1 || first >= to) throw new MediaError('unsupported', 'it has no keyframe')
  for (let at = first; at < to; at += 1) {
    if (samples.sync[at] !== 1) continue
    const startTicks = (samples.presentationTicks[at] ?? 0) + shiftTicks
    const open = cuts.at(-1)
    if (open === undefined) cuts.push({ from: at, to, startTicks })
    else if (startTicks - open.startTicks >= (AIM_SECONDS - SLACK_SECONDS) * timescale) {
      open.to = at
      cuts.push({ from: at, to, startTicks })
    }
  }
  // What a decoder must read and a viewer must not see cannot be said in a playlist.
  const earlyTicks = (cuts[0]?.startTicks ?? 0) / timescale
  if (earlyTicks < -EARLY_SECONDS) throw new MediaError('unsupported', 'its edit list begins between two keyframes')
  requireSmall(cuts, samples, timescale, shiftTicks)
  return cuts
}

/** The last keyframe that is shown at 0 or before: what an edit list cuts off ahead of it is left out. Else the first there is; -1: none. */
function firstKeyframe({ sync, presentationTicks, count }: SampleTable, shiftTicks: number): number {
  let first = sync.indexOf(1)
  for (let at = first; at >= 0 && at < count; at += 1) {
    if (sync[at] !== 1) continue
    if ((presentationTicks[at] ?? 0) + shiftTicks > 0) break
    first = at
  }
  return first
}

/** Cuts sound at `borders` between segments (seconds on the video's timeline, ascending): a segment begins with the first sample that starts there or later. */
export function cutSound({ samples, timescale, shiftTicks, endTicks }: Cuttable, borders: number[]): Cut[] {
  const to = lastShown(samples, shiftTicks, endTicks)
  if (samples.sync.subarray(0, to).includes(0)) throw new MediaError('unsupported', 'its sound cannot be entered at every frame')
  let from = 0
  while (from < to - 1 && (samples.presentationTicks[from] ?? 0) + shiftTicks < -RUN_UP_SECONDS * timescale) from += 1
  const cuts: Cut[] = [{ from, to, startTicks: (samples.presentationTicks[from] ?? 0) + shiftTicks }]
  let border = 0
  for (let at = from + 1; at < to; at += 1) {
    const startTicks = (samples.presentationTicks[at] ?? 0) + shiftTicks
    const before = border
    while (border < borders.length && startTicks >= Math.round((borders[border] ?? 0) * timescale)) border += 1
    const open = cuts.at(-1)
    if (border === before || open === undefined) continue
    open.to = at
    cuts.push({ from: at, to, startTicks })
  }
  requireSmall(cuts, samples, timescale, shiftTicks)
  return cuts
}

/** A week of sound. A duration is what the file says, and a few bytes can say centuries. */
const MAX_BORDERS = 100_000

/** Borders for sound alone. Throws `MediaError` 'unsupported' for more than a playlist should have. */
export function evenBorders(durationSeconds: number): number[] {
  const count = Math.max(0, Math.ceil(durationSeconds / AIM_SECONDS) - 1)
  if (!(count <= MAX_BORDERS)) throw new MediaError('unsupported', `it says that it lasts ${Math.round(durationSeconds / 3600)} hours`)
  return Array.from({ length: count }, (_, index) => (index + 1) * AIM_SECONDS)
}

/** One past the last sample in decode order that is shown before the end. */
function lastShown({ presentationTicks, count }: SampleTable, shiftTicks: number, endTicks: number): number {
  let to = count
  while (to > 1 && (presentationTicks[to - 1] ?? 0) + shiftTicks >= endTicks) to -= 1
  return to
}

function requireSmall(cuts: Cut[], samples: SampleTable, timescale: number, shiftTicks: number): void {
  for (const [index, { from, to, startTicks }] of cuts.entries()) {
    const end = cuts[index + 1]?.startTicks ?? (samples.presentationTicks[to - 1] ?? 0) + shiftTicks
    const seconds = (end - startTicks) / timescale
    const bytes = samples.size.subarray(from, to).reduce((sum, size) => sum + size, 0)
    if (seconds > MAX_SECONDS) throw new MediaError('unsupported', `it has no keyframe for ${Math.round(seconds)} seconds`)
    if (bytes > MAX_BYTES) throw new MediaError('unsupported', `it has ${Math.round(bytes / 1e6)} MB between two keyframes`)
  }
}
