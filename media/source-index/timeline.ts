/**
 * Where a source's tracks stand on the video's timeline. Zero is where the ladder has it, so that a player may switch
 * between the source and what is encoded from it: the start of the first track, but a whole number of frames before the
 * picture's first.
 */
import { constantFrameRate } from '../ladder/frame-rate.ts'
import { toNumber } from '../ladder/fraction.ts'
import { MediaError } from '../errors.ts'
import type { SampleTable, Track } from '../container/model.ts'

/** Presentation time on the track's own clock (after the edit list), before the origin is taken off: media ticks + shift. */
export interface TrackClock {
  /** Ticks to add to media time. */
  shiftTicks: number
  /** Presentation ticks behind which nothing is shown; Infinity where the edit list does not cut. */
  endTicks: number
}

/** Reads an edit list of empty edits and one edit at normal speed. Throws `MediaError` 'unsupported' for any other. */
export function clockOf({ edits, timescale }: Pick<Track, 'edits' | 'timescale'>): TrackClock {
  let delaySeconds = 0
  const [first, ...more] = edits.filter((edit) => {
    if (edit.mediaTicks === null) delaySeconds += edit.durationSeconds ?? 0
    return edit.mediaTicks !== null
  })
  if (first === undefined || first.mediaTicks === null) return { shiftTicks: 0, endTicks: Infinity }
  if (more.length > 0) throw new MediaError('unsupported', `its edit list shows ${edits.length} pieces in an order of its own`)
  if (first.rate !== 1) throw new MediaError('unsupported', 'its edit list plays it at another speed')
  const delayTicks = Math.round(delaySeconds * timescale)
  const shown = first.durationSeconds === null ? Infinity : Math.round(first.durationSeconds * timescale)
  return { shiftTicks: delayTicks - first.mediaTicks, endTicks: delayTicks + (shown === 0 ? Infinity : shown) }
}

/** A track on its own clock, as far as the origin needs it. */
export interface Placed {
  kind: 'video' | 'audio'
  timescale: number
  clock: TrackClock
  samples: SampleTable
}

/** Zero of the video's timeline, in seconds of the tracks' clocks. */
export function originSeconds(tracks: Placed[]): number {
  const starts = new Map(tracks.map((track) => [track.kind, startSeconds(track)]))
  const video = tracks.find(({ kind }) => kind === 'video')
  const picture = starts.get('video')
  const sound = starts.get('audio')
  if (video === undefined || picture === undefined) return sound ?? 0
  const lead = sound === undefined ? 0 : Math.max(0, picture - sound)
  const frame = 1 / toNumber(constantFrameRate({ num: video.timescale * 1000, den: Math.round(usualTicks(video.samples) * 1000) }))
  // The hundredth forgives rounding; the same arithmetic as the ladder's.
  return picture - Math.floor(lead / frame + 0.01) * frame
}

/** The first moment of a track that is shown. */
function startSeconds({ timescale, clock, samples }: Placed): number {
  // What ends before the edit begins is decoded and thrown away: encoder delay, frames that were cut.
  const floor = Number.isFinite(clock.endTicks) || clock.shiftTicks < 0 ? 0 : -Infinity
  let first = Infinity
  for (let at = 0; at < samples.count; at += 1) {
    const shown = (samples.presentationTicks[at] ?? 0) + clock.shiftTicks
    if (shown >= floor && shown < first) first = shown
    // B-frames reorder a few; nothing that comes a thousand samples later is shown earlier.
    if (at > 1000 && first < Infinity) break
  }
  return (first === Infinity ? 0 : first) / timescale
}

/** Mean of the first durations that are near their median: a clock of milliseconds writes 33, 33, 34. */
function usualTicks({ durationTicks, count }: SampleTable): number {
  const sorted = durationTicks.slice(0, Math.min(count, 600)).toSorted()
  const median = sorted[Math.floor(sorted.length / 2)] ?? 1
  const usual = sorted.filter((ticks) => Math.abs(ticks - median) <= median / 4)
  return Math.max(1, usual.reduce((sum, ticks) => sum + ticks, 0) / Math.max(1, usual.length))
}
