/** An MPD as data (ISO/IEC 23009-1): one period, addressed by number, with an explicit timeline. */

export interface Mpd {
  /** What can be played, from 0. */
  durationSeconds: number
  /** A client that buffers this much before it starts does not stall at `bandwidthBps`; 4 s by default. */
  minBufferSeconds?: number
  adaptationSets: AdaptationSet[]
}

/** Representations between which a player may switch: same content, same codec family. */
export interface AdaptationSet {
  contentType: 'video' | 'audio'
  /** BCP 47. */
  language?: string
  representations: Representation[]
}

export interface Representation {
  /** No white space (5.3.5.2). */
  id: string
  /** RFC 6381. */
  codecs: string
  /** Bits per second: the rate that, with `minBufferSeconds` in hand, never stalls; the peak of the segments is safe. */
  bandwidthBps: number
  video?: { width: number; height: number; frameRate: { num: number; den: number } }
  audio?: { sampleRateHz: number; channels: number }
  /** Ticks per second of `segments`. */
  timescale: number
  /** URL of the initialization segment, relative to the MPD; `$RepresentationID$` is the id. */
  initialization: string
  /** URL of a segment with `$Number$` in it. */
  media: string
  /** Number of the first segment; 0 by default. */
  startNumber?: number
  /** Presentation time of the first segment, ticks; 0 by default. */
  startTicks?: number
  /** One after another without a gap. */
  segments: { durationTicks: number }[]
}
