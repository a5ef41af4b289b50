/** Transport streams put together for tests: PES packets and sections of known content, packet by packet. */
import { crc32 } from '../../media/mpegts/sections.ts'

export interface TestStream {
  pid: number
  streamType: number
  /** Descriptors, whole. */
  descriptors?: Uint8Array
}

/** What stands in a stream, in order of transport. */
export type TestUnit =
  | {
      pid: number
      streamId: number
      pts: number | null
      dts?: number | null
      data: Uint8Array
      /** Says its length, which must fit. */ bounded?: boolean
    }
  | { pid: number; section: Uint8Array }

const PMT_PID = 0x1000

/** PAT, PMT, then the units. Times are ticks of 90 kHz; they wrap. `version` of the tables is their first continuity counter too. */
export function transportStream(streams: TestStream[], units: TestUnit[], version = 0): Uint8Array {
  const counters = new Map<number, number>()
  const packets: Uint8Array[] = []
  const add = (pid: number, payload: Uint8Array): void => {
    for (let at = 0; at === 0 || at < payload.length;) {
      const counter = counters.get(pid) ?? version & 15
      const taken = Math.min(184, payload.length - at)
      packets.push(packet(pid, counter, at === 0, payload.subarray(at, at + taken)))
      counters.set(pid, (counter + 1) & 15)
      at += taken
    }
  }
  add(0, withPointer(section(0x00, 1, version, [0, 1, 0xe0 | (PMT_PID >> 8), PMT_PID & 0xff])))
  add(PMT_PID, withPointer(section(0x02, 1, version, pmtBody(streams))))
  for (const unit of units) add(unit.pid, 'section' in unit ? withPointer(unit.section) : pes(unit))
  return concatAll(packets)
}

/** A section with its CRC: table_id, length, extension, version, numbers. */
export function section(tableId: number, extension: number, version: number, body: number[]): Uint8Array {
  const length = 5 + body.length + 4
  const bytes = Uint8Array.from([
    tableId,
    0xb0 | (length >> 8),
    length & 0xff,
    extension >> 8,
    extension & 0xff,
    0xc1 | (version << 1),
    0,
    0,
    ...body,
    0,
    0,
    0,
    0,
  ])
  const crc = crc32(bytes.subarray(0, -4))
  new DataView(bytes.buffer).setUint32(bytes.length - 4, crc)
  return bytes
}

function pmtBody(streams: TestStream[]): number[] {
  const pcrPid = streams[0]?.pid ?? 0x1fff
  return [
    ...[0xe0 | (pcrPid >> 8), pcrPid & 0xff, 0xf0, 0],
    ...streams.flatMap(({ pid, streamType, descriptors = new Uint8Array() }) => [
      ...[streamType, 0xe0 | (pid >> 8), pid & 0xff, 0xf0 | (descriptors.length >> 8), descriptors.length & 0xff],
      ...descriptors,
    ]),
  ]
}

function withPointer(bytes: Uint8Array): Uint8Array {
  return concatAll([Uint8Array.of(0), bytes])
}

function pes(unit: Extract<TestUnit, { streamId: number }>): Uint8Array {
  const { streamId, pts, data, bounded = false } = unit
  const dts = unit.dts ?? null
  const times = pts === null ? [] : dts === null ? timestamp(2, pts) : [...timestamp(3, pts), ...timestamp(1, dts)]
  const length = bounded ? 3 + times.length + data.length : 0
  const head = [0, 0, 1, streamId, length >> 8, length & 0xff, 0x84, pts === null ? 0 : dts === null ? 0x80 : 0xc0, times.length, ...times]
  return concatAll([Uint8Array.from(head), data])
}

function timestamp(prefix: number, ticks: number): number[] {
  const wrapped = ((ticks % 2 ** 33) + 2 ** 33) % 2 ** 33
  const high = Math.floor(wrapped / 2 ** 30)
  const low = wrapped % 2 ** 30
  return [(prefix << 4) | (high << 1) | 1, (low >> 22) & 0xff, ((low >> 14) & 0xfe) | 1, (low >> 7) & 0xff, ((low << 1) & 0xfe) | 1]
}

/** Stuffed by an adaptation field where the payload is short. */
function packet(pid: number, counter: number, unitStart: boolean, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(188).fill(0xff)
  bytes.set([0x47, (unitStart ? 0x40 : 0) | (pid >> 8), pid & 0xff, (payload.length < 184 ? 0x30 : 0x10) | counter])
  if (payload.length < 184) {
    const length = 183 - payload.length
    bytes[4] = length
    if (length > 0) bytes[5] = 0
  }
  bytes.set(payload, 188 - payload.length)
  return bytes
}

function concatAll(parts: Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
