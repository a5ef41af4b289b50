/** AC-3 and E-AC-3 (Dolby Digital, Dolby Digital Plus): their configuration boxes (ETSI TS 102 366 annex F). */
import { BitReader } from './bit-reader.ts'

/** What `dac3` and one independent substream of `dec3` have in common. */
export interface DolbyStream {
  sampleRateHz: number | null
  /** bsid: 8 is AC-3, 16 E-AC-3. */
  bitstreamId: number
  /** bsmod: 0 is "complete main". */
  bitstreamMode: number
  /** acmod: full-range channels, see `channels`. */
  channelMode: number
  /** lfeon. */
  lowFrequency: boolean
  /** With the low-frequency one, and those of dependent substreams. */
  channels: number
}

export interface Ac3Config extends DolbyStream {
  bitRateKbps: number | null
}

export interface Eac3Config {
  dataRateKbps: number
  streams: DolbyStream[]
  /** flag_ec3_extension_type_a: object audio (Joint Object Coding), Dolby Atmos. */
  atmos: boolean
}

/** fscod, table 4.1. */
const RATES: readonly (number | null)[] = [48000, 44100, 32000, null]
/** acmod, table 4.3: 1+1, 1/0, 2/0, 3/0, 2/1, 3/1, 2/2, 3/2. */
const CHANNELS: readonly number[] = [2, 1, 2, 3, 3, 4, 4, 5]
/** bit_rate_code, table F.4.1. */
const BIT_RATES: readonly number[] = [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640]

/** Body of `dac3`. Throws `MediaError`. */
export function readAc3Config(body: Uint8Array): Ac3Config {
  const reader = new BitReader(body)
  const rate = reader.bits(2)
  const bitstreamId = reader.bits(5)
  const bitstreamMode = reader.bits(3)
  const channelMode = reader.bits(3)
  const lowFrequency = reader.flag()
  return {
    ...{ sampleRateHz: RATES[rate] ?? null, bitstreamId, bitstreamMode, channelMode, lowFrequency },
    ...{ channels: (CHANNELS[channelMode] ?? 0) + Number(lowFrequency), bitRateKbps: BIT_RATES[reader.bits(5)] ?? null },
  }
}

/** chan_loc (F.6): Lc/Rc, Lrs/Rrs, Lsd/Rsd, Lw/Rw, Lvh/Rvh are pairs; Cs, Ts, Cvh, LFE2 are single. Bit 0 is the least significant. */
const PAIRS = 0b0_0111_0011
const SINGLES = 0b1_1000_1100

/** Body of `dec3`. Throws `MediaError`. */
export function readEac3Config(body: Uint8Array): Eac3Config {
  const reader = new BitReader(body)
  const dataRateKbps = reader.bits(13)
  // num_ind_sub
  const count = reader.bits(3) + 1
  const streams: DolbyStream[] = []
  for (let stream = 0; stream < count; stream += 1) {
    const rate = reader.bits(2)
    const bitstreamId = reader.bits(5)
    // reserved, asvc
    reader.skip(2)
    const bitstreamMode = reader.bits(3)
    const channelMode = reader.bits(3)
    const lowFrequency = reader.flag()
    // reserved u(3), num_dep_sub
    reader.skip(3)
    const dependent = reader.bits(4)
    let channels = (CHANNELS[channelMode] ?? 0) + Number(lowFrequency)
    if (dependent > 0) {
      const places = reader.bits(9)
      channels += 2 * ones(places & PAIRS) + ones(places & SINGLES)
    } else {
      // reserved
      reader.skip(1)
    }
    streams.push({ sampleRateHz: RATES[rate] ?? null, bitstreamId, bitstreamMode, channelMode, lowFrequency, channels })
  }
  // reserved u(7), flag_ec3_extension_type_a: there if the box goes on
  const atmos = reader.remaining >= 8 && (reader.bits(8) & 1) === 1
  return { dataRateKbps, streams, atmos }
}

function ones(value: number): number {
  let count = 0
  for (let left = value; left !== 0; left &= left - 1) count += 1
  return count
}
