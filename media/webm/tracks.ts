/** TrackEntry (RFC 9559 5.1.4.1) to a track of the common model, with what the blocks need besides. */
import type { AudioFacts, Track, TrackKind } from '../container/model.ts'
import { codecString, legacyAacConfig } from './codec-string.ts'
import { concat } from '../bytes/write-bytes.ts'
import { readEncodings } from './encodings.ts'
import type { Master } from './master.ts'
import { readVideo } from './video-facts.ts'

/** A track, and how its blocks are read. */
export interface MatroskaTrack {
  track: Track
  /** Ticks of `track.timescale` in one tick of the file (TimestampScale): 1 but in rare files. */
  ticksPerStored: number
  /** DefaultDuration, nanoseconds. */
  defaultDurationNs: number | null
  /** SeekPreRoll, nanoseconds: to be decoded before a seek's target. */
  seekPreRollNs: number
  /** Its codec string is in the first keyframe. */
  needsFirstFrame: boolean
}

/** How stored ticks become the ticks of tracks. */
export interface TickScale {
  timescale: number
  ticksPerStored: number
}

/**
 * A second is a whole number of ticks in nearly every file. Where TimestampScale is something else (a sample of 44.1 kHz sound:
 * 22675 ns) no integer timescale of MP4 says it; microseconds are near enough, rounded anew for each timestamp.
 */
export function tickScale(timestampScaleNs: number): TickScale {
  const timescale = 1e9 / timestampScaleNs
  return Number.isInteger(timescale) ? { timescale, ticksPerStored: 1 } : { timescale: 1e6, ticksPerStored: timestampScaleNs / 1000 }
}

/** TrackType. */
const KINDS: ReadonlyMap<number, TrackKind> = new Map([
  [1, 'video'],
  [2, 'audio'],
  [17, 'text'],
  [33, 'metadata'],
])

const NOTHING = new Uint8Array()

/** `firstFrame`: the first bytes of the first keyframe, empty when they are not known. Null for an entry without a number. */
export function readTrack(entry: Master, scale: TickScale, firstFrame: Uint8Array): MatroskaTrack | null {
  const id = entry.uint(0xd7, 0)
  if (id === 0) return null
  const kind = KINDS.get(entry.uint(0x83, 0)) ?? 'other'
  const codecId = entry.text(0x86, '')
  const { encryption, compression, configPrefix } = readEncodings(entry)
  const audio = kind === 'audio' ? readAudio(entry.master(0xe1), codecId) : null
  const config = readConfig(entry, codecId, configPrefix)
  const video = kind === 'video' ? readVideo(entry.master(0xe0)) : null
  const defaultDurationNs = entry.uint(0x23e383, 0) || null
  const plain = encryption === null && (compression === null || compression.algorithm === 'header-stripping')
  const codec = codecString({
    codecId,
    config,
    pixels: (video?.width ?? 0) * (video?.height ?? 0),
    fps: defaultDurationNs === null ? null : 1e9 / defaultDurationNs,
    firstFrame: plain && firstFrame.length > 0 ? concat([compression?.prefix ?? NOTHING, firstFrame]) : NOTHING,
  })
  const delayTicks = Math.round((entry.uint(0x56aa, 0) * scale.timescale) / 1e9)
  const language = entry.text(0x22b59d, null) ?? entry.text(0x22b59c, null)
  const track: Track = {
    id,
    kind,
    codecId,
    codec,
    timescale: scale.timescale,
    // Info has a Duration of the whole; of a track only samples tell.
    durationTicks: null,
    language: language === '' || language === 'und' ? null : language,
    name: entry.text(0x536e, ''),
    default: entry.uint(0x88, 1) === 1,
    video,
    audio,
    // CodecDelay: "MUST be subtracted from each frame timestamp in order to get the timestamp that will be actually played".
    edits: delayTicks === 0 ? [] : [{ durationSeconds: null, mediaTicks: delayTicks, rate: 1 }],
    encryption,
    compression,
    config,
    sampleEntry: null,
    sampleCount: null,
  }
  const needsFirstFrame = codecId === 'V_VP9' && plain && config.length === 0
  return { track, ticksPerStored: scale.ticksPerStored, defaultDurationNs, seekPreRollNs: entry.uint(0x56bb, 0), needsFirstFrame }
}

function readAudio(audio: Master | null, codecId: string): AudioFacts {
  const sampleRateHz = audio?.float(0xb5, 8000) ?? 8000
  // OutputSamplingFrequency: with SBR. Opus always comes out at 48 kHz (RFC 7845 5.1), whatever went in.
  const outputRateHz = codecId === 'A_OPUS' ? 48_000 : (audio?.float(0x78b5, null) ?? sampleRateHz)
  return { channels: audio?.uint(0x9f, 1) ?? 1, sampleRateHz: outputRateHz }
}

/** CodecPrivate as a decoder wants it; what the names of old AAC tracks say instead of it. */
function readConfig(entry: Master, codecId: string, prefix: Uint8Array | null): Uint8Array {
  const stored = entry.binary(0x63a2)
  // Compressed by more than a missing head: not undone here, and no use as it is.
  if (stored !== null && prefix !== null) return concat([prefix, stored])
  if (stored !== null) return NOTHING
  const audio = entry.master(0xe1)
  const coded = audio?.float(0xb5, 8000) ?? 8000
  return legacyAacConfig(codecId, coded, audio?.float(0x78b5, coded * 2) ?? coded * 2, audio?.uint(0x9f, 1) ?? 1) ?? NOTHING
}
