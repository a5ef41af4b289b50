/**
 * `hev1` to `hvc1` and `avc3` to `avc1` (ISO/IEC 14496-15 5.4.2.1, 8.4.1): the second of each promises that every parameter
 * set stands in the sample entry, and is the only HEVC that Apple's players take. Samples stay as they are.
 */
import { ByteReader } from '../bytes/byte-reader.ts'
import { concat, fourcc, u16, u8 } from '../bytes/write-bytes.ts'
import { MediaError } from '../errors.ts'
import { box } from '../mp4/write-box.ts'
import type { SampleEntry } from './sample-entries.ts'

interface Kind {
  to: string
  config: string
  /** Parameter sets that a configuration must have, in its order: VPS, SPS, PPS. */
  needed: readonly number[]
  typeOf: (firstByte: number) => number
}

const KINDS: Readonly<Record<string, Kind>> = {
  hev1: { to: 'hvc1', config: 'hvcC', needed: [32, 33, 34], typeOf: (byte) => (byte >> 1) & 0x3f },
  avc3: { to: 'avc1', config: 'avcC', needed: [7, 8], typeOf: (byte) => byte & 0x1f },
}

/** The entry can be promised more than it says. */
export function isInBand(entry: SampleEntry): boolean {
  return Object.hasOwn(KINDS, entry.type)
}

/** A configuration in parts. */
interface Config {
  head: Uint8Array
  /** By NAL unit type; types that are no parameter sets are kept. */
  arrays: Map<number, Uint8Array[]>
  /** What follows the arrays: the colour fields of High profiles. */
  tail: Uint8Array
  lengthBytes: number
}

/**
 * The entry with its new type, and with parameter sets from the keyframes where the configuration lacks them; or a sentence
 * that says why not. `keyframes` are the starts of sync samples, enough of each to hold its parameter sets; the first is first.
 */
export async function promise(
  entry: SampleEntry,
  keyframes: AsyncIterable<Uint8Array>,
): Promise<{ bytes: Uint8Array; moved: number } | { refused: string }> {
  const kind = Object.hasOwn(KINDS, entry.type) ? KINDS[entry.type] : undefined
  const place = entry.boxes.find(({ type }) => type === kind?.config)
  if (kind === undefined || place === undefined) return { refused: `${entry.type} was kept: its configuration cannot be found` }
  const body = entry.bytes.subarray(place.body, place.end)
  try {
    const config = kind.config === 'hvcC' ? readHvcC(body) : readAvcC(body)
    let moved = 0
    let number = 0
    for await (const keyframe of keyframes) {
      number += 1
      for (const unit of parameterSets(keyframe, config.lengthBytes, kind)) {
        const type = kind.typeOf(unit[0] ?? 0)
        const known = config.arrays.get(type) ?? []
        if (known.some((other) => equal(other, unit))) continue
        if (number > 1 || known.length > 0)
          return { refused: `${entry.type} was kept: keyframe ${number} brings parameter sets that differ from those of the sample entry` }
        config.arrays.set(type, [...known, unit.slice()])
        moved += 1
      }
    }
    const missing = kind.needed.find((type) => (config.arrays.get(type) ?? []).length === 0)
    if (missing !== undefined)
      return { refused: `${entry.type} was kept: neither its configuration nor its first keyframe has all parameter sets` }
    const made = box(kind.config, kind.config === 'hvcC' ? writeHvcC(config, kind) : writeAvcC(config))
    const bytes = concat([entry.bytes.subarray(0, place.start), made, entry.bytes.subarray(place.end)])
    new DataView(bytes.buffer).setUint32(0, bytes.length)
    bytes.set(fourcc(kind.to), 4)
    return { bytes, moved }
  } catch (error) {
    if (error instanceof MediaError) return { refused: `${entry.type} was kept: ${error.message}` }
    throw error
  }
}

/** Parameter sets in a sample, as far as it is there. */
function* parameterSets(sample: Uint8Array, lengthBytes: number, kind: Kind): Generator<Uint8Array> {
  let at = 0
  while (at + lengthBytes < sample.length) {
    let length = 0
    for (let index = 0; index < lengthBytes; index += 1) length = length * 256 + (sample[at + index] ?? 0)
    at += lengthBytes
    if (length === 0 || at + length > sample.length) return
    if (kind.needed.includes(kind.typeOf(sample[at] ?? 0))) yield sample.subarray(at, at + length)
    at += length
  }
}

/** HEVCDecoderConfigurationRecord, 8.3.3.1. */
function readHvcC(body: Uint8Array): Config {
  const reader = new ByteReader(body)
  const head = reader.take(22)
  const arrays = new Map<number, Uint8Array[]>()
  for (let left = reader.u8(); left > 0; left -= 1) {
    // bit(1) array_completeness; bit(1) reserved = 0; unsigned int(6) NAL_unit_type; unsigned int(16) numNalus;
    const type = reader.u8() & 0x3f
    arrays.set(type, [...(arrays.get(type) ?? []), ...readUnits(reader, reader.u16())])
  }
  return { head, arrays, tail: new Uint8Array(0), lengthBytes: ((head[21] ?? 3) & 3) + 1 }
}

function writeHvcC({ head, arrays }: Config, kind: Kind): Uint8Array {
  const types = [...kind.needed, ...[...arrays.keys()].filter((type) => !kind.needed.includes(type))]
  const written = types.map((type) => {
    const units = arrays.get(type) ?? []
    // "array_completeness … when the sample entry name is 'hvc1', the … value shall be 1 for arrays of all types of parameter sets"
    return concat([u8(0x80 | type), u16(units.length), ...units.flatMap((unit) => [u16(unit.length), unit])])
  })
  return concat([head, u8(written.length), ...written])
}

/** AVCDecoderConfigurationRecord, 5.3.3.1. */
function readAvcC(body: Uint8Array): Config {
  const reader = new ByteReader(body)
  const head = reader.take(5)
  const arrays = new Map<number, Uint8Array[]>()
  // bit(3) reserved; unsigned int(5) numOfSequenceParameterSets; … unsigned int(8) numOfPictureParameterSets;
  arrays.set(7, readUnits(reader, reader.u8() & 0x1f))
  arrays.set(8, readUnits(reader, reader.remaining === 0 ? 0 : reader.u8()))
  return { head, arrays, tail: reader.take(reader.remaining), lengthBytes: ((head[4] ?? 3) & 3) + 1 }
}

function writeAvcC({ head, arrays, tail }: Config): Uint8Array {
  const [sps, pps] = [arrays.get(7) ?? [], arrays.get(8) ?? []]
  const units = (list: Uint8Array[]): Uint8Array[] => list.flatMap((unit) => [u16(unit.length), unit])
  return concat([head, u8(0xe0 | sps.length), ...units(sps), u8(pps.length), ...units(pps), tail])
}

function readUnits(reader: ByteReader, count: number): Uint8Array[] {
  const units: Uint8Array[] = []
  for (let left = count; left > 0; left -= 1) units.push(reader.take(reader.u16()))
  return units
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}
