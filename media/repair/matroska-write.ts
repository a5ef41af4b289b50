/** Elements of a repaired Matroska file (RFC 9559): with sizes of a fixed length, so that places are known before they are written. */
import { concat, u64 } from '../bytes/write-bytes.ts'
import { elementsOf } from '../webm/ebml.ts'
import { ID } from '../webm/ids.ts'

/** An element around its content. Sizes of masters take eight bytes, those of others as few as they need up to four. */
export function element(id: number, ...content: Uint8Array[]): Uint8Array {
  const size = content.reduce((sum, { length }) => sum + length, 0)
  return concat([idBytes(id), size < 127 ? Uint8Array.of(0x80 | size) : longSize(size), ...content])
}

/** Header of an element whose body is elsewhere: always id and eight bytes. */
export function longHeader(id: number, bodyBytes: number): Uint8Array {
  return concat([idBytes(id), longSize(bodyBytes)])
}

function idBytes(id: number): Uint8Array {
  const bytes: number[] = []
  for (let left = id; left > 0; left = Math.floor(left / 256)) bytes.unshift(left % 256)
  return Uint8Array.from(bytes)
}

function longSize(size: number): Uint8Array {
  const bytes = u64(size)
  bytes[0] = 1
  return bytes
}

/** Eight bytes whatever the value. */
function uint(id: number, value: number): Uint8Array {
  return element(id, u64(value))
}

/** 5.1.1: where each element is, from the first byte of the segment's body. */
export function writeSeekHead(places: { id: number; position: number }[]): Uint8Array {
  return element(
    ID.seekHead,
    concat(places.map(({ id, position }) => element(ID.seek, element(ID.seekID, idBytes(id)), uint(ID.seekPosition, position)))),
  )
}

/** The old Info with a new Duration; its CRC-32 goes. */
export function writeInfo(body: Uint8Array, durationTicks: number): Uint8Array {
  const kept = [...elementsOf(body)].filter(({ id }) => id !== ID.duration && id !== ID.crc32)
  const duration = new Uint8Array(8)
  new DataView(duration.buffer).setFloat64(0, durationTicks)
  return element(ID.info, concat(kept.map(({ start, end }) => body.subarray(start, end))), element(ID.duration, duration))
}

export interface Cue {
  ticks: number
  track: number
  /** Number of its cluster, from 0. */
  cluster: number
}

const CUE_POINT = 0xbb
const CUE_TIME = 0xb3
const CUE_TRACK_POSITIONS = 0xb7
const CUE_TRACK = 0xf7
const CUE_CLUSTER_POSITION = 0xf1

/** 5.1.5. `positionOf`: of a cluster, from the first byte of the segment's body. As many bytes for any positions. */
export function writeCues(cues: Cue[], positionOf: (cluster: number) => number): Uint8Array {
  return element(
    ID.cues,
    concat(
      cues.map(({ ticks, track, cluster }) =>
        element(
          CUE_POINT,
          uint(CUE_TIME, ticks),
          element(CUE_TRACK_POSITIONS, uint(CUE_TRACK, track), uint(CUE_CLUSTER_POSITION, positionOf(cluster))),
        ),
      ),
    ),
  )
}

/** Cluster positions that Cues name. */
export function readCuePositions(body: Uint8Array): number[] {
  const positions: number[] = []
  for (const point of elementsOf(body)) {
    if (point.id !== CUE_POINT) continue
    for (const track of elementsOf(body, point.body, point.end)) {
      if (track.id !== CUE_TRACK_POSITIONS) continue
      for (const field of elementsOf(body, track.body, track.end)) {
        if (field.id !== CUE_CLUSTER_POSITION) continue
        positions.push(body.subarray(field.body, Math.min(field.end, field.body + 8)).reduce((value, byte) => value * 256 + byte, 0))
      }
    }
  }
  return positions
}
