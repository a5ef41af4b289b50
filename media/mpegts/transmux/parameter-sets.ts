/**
 * The parameter sets of a video stream, and the sample entry made of them: `avc1` with `avcC`, `hvc1` with `hvcC`
 * (ISO/IEC 14496-15 5.3.3 and 8.3.3). They stand there and not in the samples.
 */
import { avcCodec } from '../../codecs/avc.ts'
import { type AvcSps, readAvcSps } from '../../codecs/avc-sps.ts'
import { BitReader } from '../../codecs/bit-reader.ts'
import { hevcCodec } from '../../codecs/hevc.ts'
import { type HevcSps, readHevcSps } from '../../codecs/hevc-sps.ts'
import type { FrameRate, SampleAspect } from '../../codecs/video-usability.ts'
import { concat, u16, u32, u8 } from '../../bytes/write-bytes.ts'
import { MediaError } from '../../errors.ts'
import { writeVisualSampleEntry } from '../../mp4/init-boxes.ts'
import { box } from '../../mp4/write-box.ts'

/** What an initialization segment says of video. */
export interface VideoConfig {
  codecs: string
  /** Pixels as coded, after cropping. */
  width: number
  height: number
  sampleAspect: SampleAspect | null
  frameRate: FrameRate | null
  sampleEntry: Uint8Array
}

/** numOfSequenceParameterSets has five bits; more sets than this are nonsense. */
const MOST_SETS = 31

interface ParameterSet {
  id: number
  bytes: Uint8Array
}

/** Sets of one type, newest last. */
class Sets {
  readonly all: ParameterSet[] = []

  /** Keeps a copy; false when the very same set is there. Throws `MediaError`. */
  take(unit: Uint8Array, readId: (unit: Uint8Array) => number): boolean {
    if (this.all.some(({ bytes }) => equal(bytes, unit))) return false
    // avcC and hvcC have 16 bits for its length
    if (unit.length > 0xffff) throw new MediaError('too-large', `a parameter set of ${unit.length} bytes`)
    const id = readId(unit)
    const old = this.all.findIndex((set) => set.id === id)
    if (old !== -1) this.all.splice(old, 1)
    if (this.all.length === MOST_SETS) throw new MediaError('too-large', `more than ${MOST_SETS} parameter sets`)
    this.all.push({ id, bytes: unit.slice() })
    return true
  }

  get bytes(): Uint8Array[] {
    return this.all.map(({ bytes }) => bytes)
  }
}

/** See the head of this file. */
export interface ParameterSets {
  /** Takes a VPS, SPS or PPS; true when it is new or other than before. Throws `MediaError`. */
  take(unit: Uint8Array): boolean
  /** Counts changes. */
  readonly version: number
  /** Null while something is missing. Throws nothing: what cannot be written was not taken. */
  config(): VideoConfig | null
}

export class AvcParameterSets implements ParameterSets {
  readonly #sps = new Sets()
  readonly #pps = new Sets()
  #newest: AvcSps | null = null
  #config: VideoConfig | null = null
  version = 0

  take(unit: Uint8Array): boolean {
    const changed =
      ((unit[0] ?? 0) & 0x1f) === 7
        ? this.#sps.take(unit, () => (this.#newest = readAvcSps(unit)).id)
        : this.#pps.take(unit, () => new BitReader(unit.subarray(1)).ueUpTo(255, 'pic_parameter_set_id'))
    if (changed) {
      this.version += 1
      this.#config = null
    }
    return changed
  }

  config(): VideoConfig | null {
    return (this.#config ??= this.#write())
  }

  #write(): VideoConfig | null {
    const sps = this.#newest
    if (sps === null || this.#pps.all.length === 0) return null
    const avcC = writeAvcC(sps, this.#sps.bytes, this.#pps.bytes)
    return { ...common(sps), codecs: avcCodec(avcC), sampleEntry: entry('avc1', sps, box('avcC', avcC)) }
  }
}

/** Profiles whose record goes on behind the PPS (5.3.3.1.2). */
const HIGH: ReadonlySet<number> = new Set([100, 110, 122, 244, 44])

/** AVCDecoderConfigurationRecord. */
function writeAvcC(sps: AvcSps, spsUnits: Uint8Array[], ppsUnits: Uint8Array[]): Uint8Array {
  const { profile, constraints, level, chromaFormat, bitDepthLuma, bitDepthChroma } = sps
  return concat([
    // configurationVersion; reserved (6) and lengthSizeMinusOne = 3; reserved (3) and the count
    u8(1, profile, constraints, level, 0xff, 0xe0 | spsUnits.length),
    ...withLengths(spsUnits),
    u8(ppsUnits.length),
    ...withLengths(ppsUnits),
    ...(HIGH.has(profile) ? [u8(0xfc | chromaFormat, 0xf8 | (bitDepthLuma - 8), 0xf8 | (bitDepthChroma - 8), 0)] : []),
  ])
}

export class HevcParameterSets implements ParameterSets {
  readonly #vps = new Sets()
  readonly #sps = new Sets()
  readonly #pps = new Sets()
  #newest: HevcSps | null = null
  #config: VideoConfig | null = null
  version = 0

  take(unit: Uint8Array): boolean {
    const changed = this.#take(unit)
    if (changed) {
      this.version += 1
      this.#config = null
    }
    return changed
  }

  config(): VideoConfig | null {
    return (this.#config ??= this.#write())
  }

  #take(unit: Uint8Array): boolean {
    const type = ((unit[0] ?? 0) >> 1) & 0x3f
    // vps_video_parameter_set_id u(4)
    if (type === 32) return this.#vps.take(unit, () => new BitReader(unit.subarray(2)).bits(4))
    if (type === 33) return this.#sps.take(unit, () => (this.#newest = readHevcSps(unit)).id)
    return this.#pps.take(unit, () => new BitReader(unit.subarray(2)).ueUpTo(63, 'pps_pic_parameter_set_id'))
  }

  #write(): VideoConfig | null {
    const sps = this.#newest
    if (sps === null || this.#vps.all.length === 0 || this.#pps.all.length === 0) return null
    const hvcC = writeHvcC(sps, [
      [32, this.#vps.bytes],
      [33, this.#sps.bytes],
      [34, this.#pps.bytes],
    ])
    return { ...common(sps), codecs: hevcCodec(hvcC), sampleEntry: entry('hvc1', sps, box('hvcC', hvcC)) }
  }
}

/** HEVCDecoderConfigurationRecord. */
function writeHvcC(sps: HevcSps, arrays: [type: number, units: Uint8Array[]][]): Uint8Array {
  return concat([
    u8(1, (sps.profileSpace << 6) | (sps.highTier ? 0x20 : 0) | sps.profile),
    u32(sps.compatibility),
    sps.constraints,
    // general_level_idc; reserved (4) and min_spatial_segmentation_idc (12) = 0; reserved (6) and parallelismType = 0
    u8(sps.level, 0xf0, 0, 0xfc, 0xfc | sps.chromaFormat, 0xf8 | (sps.bitDepthLuma - 8), 0xf8 | (sps.bitDepthChroma - 8)),
    // avgFrameRate = 0: unspecified
    u16(0),
    // constantFrameRate (2) = 0, numTemporalLayers (3), temporalIdNested (1), lengthSizeMinusOne (2) = 3
    u8((sps.temporalLayers << 3) | (sps.temporalIdNesting ? 4 : 0) | 3, arrays.length),
    // array_completeness = 1: "all … are in the array and none are in the stream"
    ...arrays.flatMap(([type, units]) => [u8(0x80 | type), u16(units.length), ...withLengths(units)]),
  ])
}

function withLengths(units: Uint8Array[]): Uint8Array[] {
  return units.flatMap((unit) => [u16(unit.length), unit])
}

function common({ width, height, sampleAspect, frameRate }: AvcSps | HevcSps): Omit<VideoConfig, 'codecs' | 'sampleEntry'> {
  return { width, height, sampleAspect, frameRate }
}

function entry(type: string, { width, height, sampleAspect }: AvcSps | HevcSps, config: Uint8Array): Uint8Array {
  // PixelAspectRatioBox, 14496-12 12.1.4: hSpacing, vSpacing
  const shape = sampleAspect === null ? [] : [box('pasp', u32(sampleAspect.width, sampleAspect.height))]
  return writeVisualSampleEntry(type, width, height, [config, ...shape])
}

function equal(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index])
}
