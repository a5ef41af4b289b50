/** Transport streams written by hand, for what FFmpeg does not make: packets, sections and PES packets by the standard's fields. */
import { crc32 } from '../../media/mpegts/sections.ts'

export interface PacketFields {
  pid: number
  continuity: number
  unitStart?: boolean
  /** Bytes behind adaptation_field_length, flags first. */
  adaptation?: number[]
  payload?: Uint8Array
  scrambling?: number
  transportError?: boolean
}

/** One packet; a short payload is put at its end, behind stuffing. */
export function packet(fields: PacketFields): Uint8Array {
  const { pid, continuity, payload } = fields
  const bytes = new Uint8Array(188).fill(0xff)
  const room = 184 - (payload?.length ?? 0)
  if (room < 0) throw new RangeError('a payload of more than 184 bytes')
  const hasAdaptation = fields.adaptation !== undefined || payload === undefined || room > 0
  bytes[0] = 0x47
  bytes[1] = (fields.transportError ? 0x80 : 0) | (fields.unitStart ? 0x40 : 0) | (pid >> 8)
  bytes[2] = pid & 0xff
  bytes[3] = ((fields.scrambling ?? 0) << 6) | (hasAdaptation ? 0x20 : 0) | (payload === undefined ? 0 : 0x10) | (continuity & 0x0f)
  if (hasAdaptation) {
    bytes[4] = room - 1
    if (room > 1) bytes[5] = 0
    bytes.set(fields.adaptation ?? [], 5)
  }
  if (payload !== undefined) bytes.set(payload, 188 - payload.length)
  return bytes
}

/** Packets of one PID that carry `bytes`, continuity from `first` on. */
export function packets(pid: number, bytes: Uint8Array, first = 0, extra: Partial<PacketFields> = {}): Uint8Array[] {
  const list: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += 184) {
    list.push(packet({ pid, continuity: first + at / 184, unitStart: at === 0, payload: bytes.subarray(at, at + 184), ...extra }))
  }
  return list
}

/** A section with its CRC; `pointed` puts the pointer field before it. */
export function section(tableId: number, extension: number, body: number[], version = 0): Uint8Array {
  const length = 5 + body.length + 4
  const head = [tableId, 0xb0 | (length >> 8), length & 0xff, extension >> 8, extension & 0xff, 0xc1 | (version << 1), 0, 0]
  return withCrc([...head, ...body])
}

export function withCrc(bytes: number[]): Uint8Array {
  const crc = crc32(Uint8Array.from(bytes))
  return Uint8Array.of(...bytes, crc >>> 24, (crc >> 16) & 0xff, (crc >> 8) & 0xff, crc & 0xff)
}

/** A section as the payload of a packet, stuffed to its end. */
export function sectionPacket(pid: number, continuity: number, bytes: Uint8Array): Uint8Array {
  const payload = new Uint8Array(184).fill(0xff)
  payload[0] = 0
  payload.set(bytes, 1)
  return packet({ pid, continuity, unitStart: true, payload })
}

export function pat(programs: [program: number, pmtPid: number][], version = 0): Uint8Array {
  return section(
    0x00,
    1,
    programs.flatMap(([program, pid]) => [program >> 8, program & 0xff, 0xe0 | (pid >> 8), pid & 0xff]),
    version,
  )
}

export interface PmtEntry {
  streamType: number
  pid: number
  descriptors?: number[]
}

export function pmt(program: number, pcrPid: number, streams: PmtEntry[], version = 0): Uint8Array {
  const body = [0xe0 | (pcrPid >> 8), pcrPid & 0xff, 0xf0, 0]
  for (const { streamType, pid, descriptors = [] } of streams) {
    body.push(streamType, 0xe0 | (pid >> 8), pid & 0xff, 0xf0 | (descriptors.length >> 8), descriptors.length & 0xff, ...descriptors)
  }
  return section(0x02, program, body, version)
}

/** A PES packet with a PTS, its length said. */
export function pes(streamId: number, pts: number, payload: Uint8Array): Uint8Array {
  const length = 8 + payload.length
  const stamp = timestamp(0x20, pts)
  return Uint8Array.of(0, 0, 1, streamId, length >> 8, length & 0xff, 0x80, 0x80, 5, ...stamp, ...payload)
}

export function timestamp(prefix: number, ticks: number): number[] {
  const high = Math.floor(ticks / 2 ** 30) & 7
  const [middle, low] = [Math.floor(ticks / 2 ** 15) & 0x7fff, ticks & 0x7fff]
  return [prefix | (high << 1) | 1, middle >> 7, ((middle & 0x7f) << 1) | 1, low >> 7, ((low & 0x7f) << 1) | 1]
}

export function join(parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts))
}
