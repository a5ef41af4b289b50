/** AAC: AudioSpecificConfig (ISO/IEC 14496-3 1.6.2.1), with SBR and PS however they are signalled. */
import { MediaError } from '../errors.ts'
import { BitReader } from './bit-reader.ts'

export interface AacConfig {
  /** audioObjectType of what is coded: 2 is AAC LC, 42 USAC (xHE-AAC). SBR and PS are told apart from it. */
  objectType: number
  /** Of what is coded; with SBR the decoder puts out `outputRateHz`. */
  sampleRateHz: number
  outputRateHz: number
  /** channelConfiguration; 0: told by a program_config_element. */
  channelConfiguration: number
  /** Coded channels; parametric stereo makes two of one. Null where the stream alone tells. */
  channels: number | null
  /** Spectral band replication: said to be there, said not to be, or left to be found in the stream (null). */
  sbr: boolean | null
  parametricStereo: boolean | null
  /** Samples in a frame, before SBR. */
  frameSamples: number
}

/** samplingFrequencyIndex, table 1.18. */
const RATES: readonly number[] = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350]
/** Channels of a channelConfiguration, table 1.19. */
const CHANNELS: readonly (number | undefined)[] = [undefined, 1, 2, 3, 4, 5, 6, 8, undefined, undefined, undefined, 7, 8, 24, 8]

const SBR = 5
const PS = 29
const USAC = 42
/** Object types whose configuration is GASpecificConfig. */
const GENERAL: ReadonlySet<number> = new Set([1, 2, 3, 4, 6, 7, 17, 19, 20, 21, 22, 23])
const WITH_LAYER: ReadonlySet<number> = new Set([6, 20])
const ERROR_RESILIENT: ReadonlySet<number> = new Set([17, 19, 20, 23])

/** Throws `MediaError`. */
export function readAacConfig(config: Uint8Array): AacConfig {
  const reader = new BitReader(config)
  let objectType = readObjectType(reader)
  const sampleRateHz = readRate(reader)
  let outputRateHz = sampleRateHz
  const channelConfiguration = reader.bits(4)
  let sbr: boolean | null = null
  let parametricStereo: boolean | null = null
  // Explicit, hierarchical: SBR or PS is the object type, and what it extends follows
  if (objectType === SBR || objectType === PS) {
    sbr = true
    parametricStereo = objectType === PS ? true : null
    outputRateHz = readRate(reader)
    objectType = readObjectType(reader)
    // extensionChannelConfiguration of ER BSAC
    if (objectType === 22) reader.skip(4)
  }
  const specific = readSpecific(reader, objectType, channelConfiguration)
  if (sbr === null && reader.remaining >= 16) {
    // Explicit, backward compatible: syncExtensionType u(11) = 0x2b7, extensionAudioObjectType
    const extension = readSyncExtension(reader)
    sbr = extension?.sbr ?? null
    parametricStereo = extension?.parametricStereo ?? null
    outputRateHz = extension?.outputRateHz ?? outputRateHz
  }
  const channels = CHANNELS[channelConfiguration] ?? specific.channels
  return {
    objectType,
    sampleRateHz,
    outputRateHz,
    channelConfiguration,
    channels,
    sbr,
    parametricStereo,
    frameSamples: specific.frameSamples,
  }
}

/** GetAudioObjectType(): 5 bits; 31 escapes to 32 and 6 bits more. */
function readObjectType(reader: BitReader): number {
  const short = reader.bits(5)
  return short === 31 ? 32 + reader.bits(6) : short
}

function readRate(reader: BitReader): number {
  const index = reader.bits(4)
  const rate = index === 15 ? reader.bits(24) : RATES[index]
  if (rate === undefined || rate === 0) throw new MediaError('malformed', `samplingFrequencyIndex ${index} is no rate`)
  return rate
}

interface Specific {
  channels: number | null
  frameSamples: number
}

function readSpecific(reader: BitReader, objectType: number, channelConfiguration: number): Specific {
  if (objectType === USAC) return readUsac(reader)
  // What other object types say is not read: their streams are rare, and nothing else follows
  if (!GENERAL.has(objectType)) return { channels: null, frameSamples: objectType === 39 ? 512 : 1024 }
  // frameLengthFlag
  const frameSamples = reader.flag() ? 960 : 1024
  // dependsOnCoreCoder, coreCoderDelay u(14)
  if (reader.flag()) reader.skip(14)
  const extended = reader.flag()
  const channels = channelConfiguration === 0 ? readProgramChannels(reader) : null
  // layerNr
  if (WITH_LAYER.has(objectType)) reader.skip(3)
  if (extended) {
    // numOfSubFrame u(5), layer_length u(11)
    if (objectType === 22) reader.skip(16)
    // aacSectionDataResilienceFlag, aacScalefactorDataResilienceFlag, aacSpectralDataResilienceFlag
    if (ERROR_RESILIENT.has(objectType)) reader.skip(3)
    // extensionFlag3
    reader.skip(1)
  }
  // epConfig: 2 and 3 want ErrorProtectionSpecificConfig, which nobody writes
  if (objectType >= 17) reader.skip(2)
  return { channels, frameSamples }
}

/** Channels of program_config_element(), 4.4.1.1. */
function readProgramChannels(reader: BitReader): number {
  // element_instance_tag u(4), object_type u(2), sampling_frequency_index u(4)
  reader.skip(10)
  const groups = [reader.bits(4), reader.bits(4), reader.bits(4)]
  const low = reader.bits(2)
  const associated = reader.bits(3)
  const coupling = reader.bits(4)
  // mono_mixdown, stereo_mixdown: a flag and an element number; matrix_mixdown: a flag, index and pseudo_surround_enable
  for (const bits of [4, 4, 3]) if (reader.flag()) reader.skip(bits)
  let channels = low
  for (const elements of groups) {
    for (let element = 0; element < elements; element += 1) {
      // is_cpe: a pair; element_tag_select u(4)
      channels += reader.flag() ? 2 : 1
      reader.skip(4)
    }
  }
  reader.skip(low * 4 + associated * 4 + coupling * 5)
  reader.align()
  // comment_field_bytes
  reader.skip(reader.bits(8) * 8)
  return channels
}

/** The head of UsacConfig() (ISO/IEC 23003-3 5.2): the rate again, the frame's length, the channels. */
function readUsac(reader: BitReader): Specific {
  // usacSamplingFrequencyIndex u(5), 31: usacSamplingFrequency u(24)
  if (reader.bits(5) === 31) reader.skip(24)
  // coreSbrFrameLengthIndex: 0 is 768, 1 is 1024, then 2048 (with 8:3 and 2:1 SBR) and 4096
  const frameSamples = [768, 1024, 2048, 2048, 4096][reader.bits(3)] ?? 1024
  // channelConfigurationIndex u(5), like channelConfiguration as far as 7
  return { channels: CHANNELS[reader.bits(5)] ?? null, frameSamples }
}

interface Extension {
  sbr: boolean
  parametricStereo: boolean | null
  outputRateHz: number | null
}

function readSyncExtension(reader: BitReader): Extension | null {
  if (reader.bits(11) !== 0x2b7) return null
  if (readObjectType(reader) !== SBR) return null
  // sbrPresentFlag
  if (reader.remaining < 1 || !reader.flag()) return { sbr: false, parametricStereo: null, outputRateHz: null }
  const outputRateHz = readRate(reader)
  // syncExtensionType u(11) = 0x548, psPresentFlag
  const parametricStereo = reader.remaining >= 12 && reader.bits(11) === 0x548 ? reader.flag() : null
  return { sbr: true, parametricStereo, outputRateHz }
}
