/**
 * From our table of samples to the packets that ffprobe lists: FFmpeg's demuxer turns edit lists into shifted times, packets
 * marked as discarded, and packets that come twice. What it does (libavformat, MOV demuxer of FFmpeg 5.1) is said here step by
 * step, so that the comparison is of every number and not of "nearly".
 */
import type { SampleTable, Track } from '../../media/container/model.ts'

export interface Packet {
  offset: number
  size: number
  pts: number
  dts: number
  key: boolean
  /** To be decoded, not to be shown: outside of the edit. */
  discard: boolean
}

/**
 * With `-ignore_editlist 1`: media time. Where composition offsets are negative, decode times are moved back so that
 * DTS <= PTS; in fragments, FFmpeg moves presentation times forward instead (and so differs from the file by that much).
 */
export function mediaPackets(track: Track, samples: SampleTable, fragmented: boolean): Packet[] {
  const shift = decodeShift(track, samples)
  let before = -Infinity
  return Array.from({ length: samples.count }, (_, index) => {
    const pts = samples.presentationTicks[index] ?? 0
    const dts = samples.decodeTicks[index] ?? 0
    // "Fragments can overlap in time": what does not move decode time on is marked
    const discard = fragmented && dts <= before
    before = dts
    return {
      offset: samples.offset[index] ?? 0,
      size: samples.size[index] ?? 0,
      pts: fragmented ? pts + shift : pts,
      dts: fragmented ? dts : dts - shift,
      // FFmpeg knows no codec for hints and such, and takes every packet for a key
      key: samples.sync[index] === 1 || track.kind === 'other',
      discard,
    }
  })
}

function decodeShift(track: Track, { count, presentationTicks, decodeTicks }: SampleTable): number {
  let shift = 0
  // Two entries of `ctts` at the end are not looked at; they repeat what was before in every file seen here.
  for (let index = 0; index < count; index += 1) shift = Math.max(shift, (decodeTicks[index] ?? 0) - (presentationTicks[index] ?? 0))
  return track.kind === 'audio' ? 0 : shift
}

/**
 * The default. `fragmented`: FFmpeg takes the first edit as a shift and leaves all others (it says "advanced_editlist does not
 * work with fragmented MP4").
 */
export function presentedPackets(track: Track, samples: SampleTable, fragmented: boolean): Packet[] {
  const media = mediaPackets(track, samples, fragmented)
  if (track.edits.length === 0 || media.length === 0) return media
  return fragmented ? shifted(track, media) : new Edited(track, media, decodeShift(track, samples)).packets()
}

const ticksOf = (seconds: number, timescale: number): number => Math.floor(seconds * timescale + 0.5 + 1e-6)

/** A leading empty edit delays, the edit behind it says where media time 0 of the presentation lies. */
function shifted({ edits, timescale }: Track, media: Packet[]): Packet[] {
  const [first, second] = edits
  const empty = first?.mediaTicks === null ? ticksOf(first.durationSeconds ?? 0, timescale) : 0
  const start = (first?.mediaTicks === null ? second : first)?.mediaTicks ?? 0
  return media.map((packet) => ({ ...packet, pts: packet.pts + empty - start, dts: packet.dts + empty - start }))
}

class Edited {
  readonly #track: Track
  readonly #media: Packet[]
  readonly #shift: number
  readonly #audio: boolean
  #out: Packet[] = []
  /** Least presentation time of what is shown; null: nothing yet. */
  #firstShown: number | null = null

  constructor(track: Track, media: Packet[], shift: number) {
    this.#track = track
    this.#media = media
    this.#shift = shift
    this.#audio = track.kind === 'audio'
  }

  packets(): Packet[] {
    const { edits, timescale } = this.#track
    let clock = -this.#shift
    let emptyTicks = 0
    let pieces = 0
    for (const { mediaTicks, durationSeconds } of edits) {
      const duration = ticksOf(durationSeconds ?? 0, timescale)
      if (mediaTicks === null && pieces === 0) emptyTicks += duration
      else this.#piece(mediaTicks ?? -1, duration, clock, pieces++ === 0)
      clock += duration
    }
    // Pictures are reordered: decode times start early enough that the first picture is shown at 0, or after the empty edits
    const late = this.#audio ? 0 : (this.#firstShown ?? -1) - emptyTicks
    if (late > 0) for (const packet of this.#out) Object.assign(packet, { dts: packet.dts - late, pts: packet.pts - late })
    return this.#out
  }

  /** One edit: everything from the keyframe before its start to the keyframe behind its end. */
  #piece(start: number, duration: number, startClock: number, first: boolean): void {
    const media = this.#media
    const end = start + duration
    let clock = startClock
    let shown = false
    let found = false
    /** Discarded packets before the first that is shown, and how long they are: their times are counted back from it. */
    let before: { packet: Packet; ticks: number }[] = []
    const show = (): void => {
      if (shown) return
      shown = true
      let at = clock
      for (const { packet, ticks } of before.toReversed()) {
        at -= ticks
        Object.assign(packet, { dts: at, pts: at + (packet.pts - packet.dts) })
      }
      before = []
    }
    for (let index = this.#startOf(start); index < media.length; index += 1) {
      const packet = media[index]
      if (packet === undefined) return
      const next = media[index + 1]
      const ticks = next === undefined ? duration : next.dts - packet.dts
      const composition = packet.pts - packet.dts
      let discard = false
      if (packet.pts >= start && packet.pts < end) {
        this.#firstShown = Math.min(this.#firstShown ?? Infinity, clock + composition)
        show()
      } else if (this.#audio && first && packet.pts < start && packet.pts + ticks > start) {
        // Sound that is cut in the middle of a frame: the frame is kept, and starts that much earlier
        clock -= start - packet.pts
        show()
      } else {
        discard = true
      }
      const copy = { ...packet, dts: clock, pts: clock + composition, discard }
      this.#out.push(copy)
      if (!shown) before.push({ packet: copy, ticks })
      else clock += ticks
      if (packet.pts + ticks < end || !(packet.key || this.#audio)) continue
      // Pictures behind this keyframe may still belong before it, where pictures are reordered at all
      if (!this.#reordered() || this.#audio || found) return
      found = true
    }
  }

  #reordered(): boolean {
    return this.#media.some(({ pts, dts }) => pts !== dts + this.#shift) || this.#shift > 0
  }

  /** The last keyframe that is shown at or before `start`; for sound, a second earlier: decoders need a run-up. */
  #startOf(start: number): number {
    const media = this.#media
    const wanted = this.#audio ? Math.max(start - this.#track.timescale, media[0]?.dts ?? 0) : start
    const found = media.findLastIndex(({ key, dts, pts }) => key && dts <= wanted && pts - this.#shift <= wanted)
    if (found < 0)
      return Math.max(
        0,
        media.findLastIndex(({ dts }) => dts <= wanted),
      )
    // Of packets with one decode time the first
    let index = found
    while (index > 0 && media[index - 1]?.dts === media[index]?.dts && media[index - 1]?.key === true) index -= 1
    return index
  }
}
