/** Hurts bytes: where it matters by the format, and anywhere. The same random numbers hurt in the same way. */
import { fourcc } from '../../media/bytes/write-bytes.ts'
import { type Place, placesOf } from './places.ts'
import type { Random } from './random.ts'

export interface Fixture {
  name: string
  bytes: Uint8Array
  places: Place[]
}

export function fixtureOf(name: string, bytes: Uint8Array): Fixture {
  return { name, bytes, places: placesOf(bytes) }
}

/** Numbers at which something wraps, ends, or is taken for something else. */
const INTERESTING = [0, 1, 2, 3, 7, 8, 15, 16, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x10000, 0xffffff, 0x7fffffff, 0x80000000]
const EDGE = [0xfffffff0, 0xfffffffe, 0xffffffff]
const BIG = [2n ** 31n, 2n ** 32n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n]
/** Types that mean something at nearly every place. */
const TYPES = [
  'moov',
  'moof',
  'mdat',
  'trak',
  'traf',
  'trun',
  'stbl',
  'stsd',
  'stsz',
  'stts',
  'uuid',
  'free',
  'meta',
  'udta',
  'ftyp',
  'mp4a',
  'elst',
]

/** A damaged copy, not longer than twice the longer of the two. `others` are what it may be spliced with. */
export function mutate(fixture: Fixture, others: readonly Fixture[], random: Random): Uint8Array {
  let bytes: Uint8Array = fixture.bytes.slice()
  // One wound tells most; many show how wounds play together.
  const wounds = random.once(3) ? 1 + random.int(24) : 1 + random.int(3)
  for (let wound = 0; wound < wounds; wound += 1) {
    if (random.once(8)) bytes = reshape(bytes, fixture, random.pick(others), random)
    else if (bytes.length > 0)
      hurt(bytes, random.int(4) > 0 && fixture.places.length > 0 ? random.pick(fixture.places) : anywhere(bytes, random), random)
  }
  return bytes.subarray(0, Math.max(fixture.bytes.length, 4096) * 2)
}

function anywhere(bytes: Uint8Array, random: Random): Place {
  return { at: random.int(bytes.length), bytes: random.pick([1, 1, 2, 4, 8] as const) }
}

/** Changes a number where it stands. */
function hurt(bytes: Uint8Array, place: Place, random: Random): void {
  const width = place.at + place.bytes > bytes.length ? 1 : place.bytes
  const at = Math.min(place.at, bytes.length - width)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  switch (random.int(6)) {
    case 0:
      bytes[at + random.int(width)] = (bytes[at] ?? 0) ^ (1 << random.int(8))
      return
    case 1:
      for (let index = 0; index < width; index += 1) bytes[at + index] = random.int(256)
      return
    case 2:
      // Off by a little: one entry, one header
      write(view, at, width, read(view, at, width) + random.pick([-16, -12, -8, -4, -2, -1, 1, 2, 4, 8, 12, 16]))
      return
    case 3:
      if (width === 4 && random.once(3)) bytes.set(fourcc(random.pick(TYPES)), at)
      else write(view, at, width, random.pick(random.once(4) ? EDGE : INTERESTING))
      return
    case 4:
      if (at + 8 <= bytes.length && random.once(2)) view.setBigUint64(at, random.pick(BIG))
      else write(view, at, width, bytes.length - at + random.int(3) - 1)
      return
    default:
      // Many times what it was
      write(view, at, width, read(view, at, width) * random.pick([2, 3, 16, 256, 65536]))
  }
}

function read(view: DataView, at: number, width: number): number {
  if (width === 1) return view.getUint8(at)
  return width === 2 ? view.getUint16(at) : view.getUint32(at)
}

function write(view: DataView, at: number, width: number, value: number): void {
  if (width === 1) view.setUint8(at, value)
  else if (width === 2) view.setUint16(at, value)
  else view.setUint32(at, value)
}

/** Cuts, drops, repeats, inserts, splices. */
function reshape(bytes: Uint8Array, { places }: Fixture, other: Fixture, random: Random): Uint8Array {
  const border = (within: Uint8Array, at: readonly Place[]): number =>
    at.length > 0 && random.int(3) > 0 ? Math.min(within.length, random.pick(at).at) : random.int(within.length + 1)
  const [a, b] = [border(bytes, places), border(bytes, places)]
  const [from, to] = [Math.min(a, b), Math.max(a, b)]
  switch (random.int(5)) {
    case 0:
      return bytes.slice(0, a)
    case 1:
      return joined(bytes.subarray(0, from), bytes.subarray(to))
    case 2:
      return joined(bytes.subarray(0, to), bytes.subarray(from))
    case 3:
      return joined(bytes.subarray(0, a), new Uint8Array(random.int(64)).fill(random.int(2) * 255), bytes.subarray(a))
    default:
      return joined(bytes.subarray(0, a), other.bytes.subarray(border(other.bytes, other.places)))
  }
}

function joined(...parts: Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
