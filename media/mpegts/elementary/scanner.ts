/** What looks into an elementary stream while it passes: one scanner a codec, the PES payloads in order. */
import type { CodecFacts } from '../analyze/report.ts'

/** What a PES payload held. */
export interface UnitContent {
  /** Pictures or frames of sound that begin in it; a field is half a picture. */
  frames: number
  /** Decoding can start with its first picture. */
  keyframe: boolean
  /** Ticks of 90 kHz that its frames last, not rounded; null when the codec does not say (pictures). */
  durationTicks: number | null
}

export interface Scanner {
  /** `continued`: this goes on where the payload before it stopped, in the same PES packet. */
  scan(payload: Uint8Array, continued: boolean): UnitContent
  /** As last seen, the same object as long as they are the same; null until the configuration was there. */
  facts(): CodecFacts | null
}
