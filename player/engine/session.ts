/** One attachment of one presentation to the media element, and what is kept true of its MediaSource: its duration and its end. */
import type { Attachment } from './attachment.ts'
import type { EventBody } from './events.ts'
import type { Track } from './track.ts'

/** Gone as a whole. */
export interface Session {
  abort: AbortController
  attachment: Attachment
  /** Empty until the buffers are made. */
  tracks: Track[]
  /** The end was reached once, and said so. */
  ended: boolean
}

/**
 * Ends the stream when everything from the playhead to the end is there, and opens it again when that is no longer so.
 * Not earlier: in an ended stream Chromium takes the end of a range for the end of all, and a track with a hole ahead
 * would stop there for good.
 */
export function updateEnd(session: Session, emit: (event: EventBody) => void): void {
  const { source } = session.attachment
  if (session.tracks.length === 0) return
  const complete = session.tracks.every((track) => track.isDone && track.reachesEnd)
  if (complete && source.readyState === 'open') {
    source.endOfStream()
    if (!session.ended) emit({ type: 'end-of-stream' })
    session.ended = true
  } else if (!complete && source.readyState === 'ended' && session.tracks.every((track) => track.buffer.idle)) {
    session.tracks[0]?.buffer.reopen()
  }
}

/** Sets the duration to the longest playlist's sum; only ever longer, because a shorter one would cut buffered media. */
export function updateDuration(session: Session, emit: (event: EventBody) => void): void {
  const { source } = session.attachment
  if (source.readyState !== 'open') return
  const listed = session.tracks.flatMap((track) => track.streams.map(({ timeline }) => timeline?.durationS ?? 0))
  const durationS = Math.max(0, ...listed)
  const setS = Number.isNaN(source.duration) ? 0 : source.duration
  // While a buffer updates the duration cannot be set; the next segment or tick comes here again.
  if (durationS <= setS + 0.001 || !session.tracks.every((track) => track.buffer.idle)) return
  source.duration = durationS
  emit({ type: 'duration', durationS })
}

/** What its tracks wait for, in words. */
export function waitsOf({ tracks }: Session): string[] {
  return tracks.flatMap((track) => {
    if (track.waitsFor) return [track.waitsFor]
    return track.plan.action === 'wait-for-playlist' ? [`the playlist of ${track.current.info.id} to grow`] : []
  })
}
