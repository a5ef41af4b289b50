/** Whether seeking in a source lands exactly where it should, or the source has to be encoded in one go. Pure. */
import type { Packet } from '../ffmpeg/ffprobe.ts'

/** A test seek: where to, and the packets found there. */
export interface TestSeek {
  atUs: number
  packets: readonly Packet[]
}

/** A seek that lands further back than this has not used an index: every chunk would read the file from its start. */
const FARTHEST_BACK_US = 60e6

/** One sentence on why a container of this name cannot be cut, or null. */
export function containerCannotSeek(container: string): string | null {
  if (container.startsWith('mov,') || container.startsWith('matroska')) return null
  const name = container.split(',')[0] ?? container
  return `The container (${name}) has no index that says where a frame is, so the source is encoded in one go.`
}

/** Recordings of broadcasts are often joined from pieces, and each piece begins its own time (ISO/IEC 13818-1, 2.4.3.5). */
export function clockMayJump(container: string): boolean {
  return container === 'mpegts' || container === 'mpeg'
}

/** Matroska's index (Cues, ID 1C 53 BB 6B) is named in the SeekHead or lies before the first cluster. RFC 9559, section 5.1.5. */
export function matroskaHasCues(head: Uint8Array): boolean {
  return Buffer.from(head.buffer, head.byteOffset, head.byteLength).includes(Buffer.from('1c53bb6b', 'hex'))
}

/** Broken timestamps at the start of the stream, or null. */
export function brokenTimestamps(packets: readonly Packet[]): string | null {
  const missing = packets.filter(({ ptsUs }) => ptsUs === null).length
  if (missing > 0) return 'Frames of the picture have no timestamps, so the source is encoded in one go.'
  const backwards = packets.some(({ dtsUs }, i) => dtsUs !== null && dtsUs < (packets[i - 1]?.dtsUs ?? dtsUs))
  return backwards ? 'The timestamps of the picture run backwards, so the source is encoded in one go.' : null
}

/** What is wrong with a test seek, or null: the first packet has to be a keyframe at or before the place asked for. */
export function seekFault({ atUs, packets }: TestSeek, startUs: number, frameUs: number): string | null {
  const [first] = packets
  const where = `${(atUs / 1e6).toFixed(1)} s`
  if (first === undefined || first.ptsUs === null) return `Seeking to ${where} finds no picture, so the source is encoded in one go.`
  if (!first.keyframe || first.ptsUs > atUs + frameUs / 2) {
    return `Seeking to ${where} lands behind it or not at a keyframe, so the source is encoded in one go.`
  }
  const farBack = atUs - first.ptsUs > FARTHEST_BACK_US && first.ptsUs <= startUs + frameUs
  return farBack ? 'Seeking always begins at the start of the file, so the source is encoded in one go.' : brokenTimestamps(packets)
}
