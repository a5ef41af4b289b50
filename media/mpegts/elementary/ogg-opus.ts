/** Opus in Ogg (RFC 3533, RFC 7845): packets without a container cannot be told apart, so this is what a file of Opus is. */
import { concat } from '../../bytes/write-bytes.ts'
import { type OpusUnit, opusSamples } from './opus.ts'

/** Lacing values in a page, one byte for each 255 bytes of a packet. */
const MAX_LACING = 255
/** "pages … contain no more than one second": 48 kHz. */
const PAGE_SAMPLES = 48_000

/** By channels: streams, coupled streams and where each output channel comes from (RFC 7845 5.1.1.2, Vorbis order). */
const LAYOUTS: readonly (readonly [streams: number, coupled: number, map: readonly number[]])[] = [
  [1, 0, [0]],
  [1, 1, [0, 1]],
  [2, 1, [0, 2, 1]],
  [2, 2, [0, 1, 2, 3]],
  [3, 2, [0, 4, 1, 2, 3]],
  [4, 2, [0, 4, 1, 2, 3, 5]],
  [4, 3, [0, 4, 1, 2, 3, 5, 6]],
  [5, 3, [0, 6, 1, 2, 3, 4, 5, 7]],
]

export class OggOpusWriter {
  readonly #channels: number
  readonly #write: (bytes: Uint8Array) => void
  #page = 0
  /** Samples so far, those to be skipped included. */
  #granule = 0
  #packets: Uint8Array[] = []
  #lacing: number[] = []
  #samples = 0
  #started = false

  /** `channels`: 1 to 8. */
  constructor(channels: number, write: (bytes: Uint8Array) => void) {
    this.#channels = Math.min(8, Math.max(1, channels))
    this.#write = write
  }

  add({ packet, startTrim, endTrim }: OpusUnit): void {
    if (!this.#started) this.#start(startTrim)
    const values = [...Array.from<number>({ length: Math.floor(packet.length / 255) }).fill(255), packet.length % 255]
    const samples = opusSamples(packet)
    if (this.#lacing.length + values.length > MAX_LACING || this.#samples + samples > PAGE_SAMPLES) this.#flush(0)
    this.#packets.push(packet.slice())
    this.#lacing.push(...values)
    this.#samples += samples
    // "end trimming": the last page's granule position is smaller than its packets say
    this.#granule += samples - endTrim
  }

  end(): void {
    // end of stream
    if (this.#started) this.#flush(0x04)
  }

  #start(preSkip: number): void {
    this.#started = true
    this.#packets = [opusHead(this.#channels, preSkip)]
    this.#lacing = [this.#packets[0]?.length ?? 0]
    // beginning of stream
    this.#flush(0x02)
    const vendor = new TextEncoder().encode('sluice')
    const tags = concat([new TextEncoder().encode('OpusTags'), little(4, vendor.length), vendor, little(4, 0)])
    this.#packets = [tags]
    this.#lacing = [tags.length]
    this.#flush(0)
  }

  /** RFC 3533 6: one page of what was collected. */
  #flush(type: number): void {
    const head = concat([
      new TextEncoder().encode('OggS'),
      Uint8Array.of(0, type),
      little(8, Math.max(0, this.#granule)),
      // bitstream serial number, page sequence number, CRC checksum
      ...[little(4, 1), little(4, this.#page), little(4, 0)],
      Uint8Array.of(this.#lacing.length, ...this.#lacing),
    ])
    const page = concat([head, ...this.#packets])
    page.set(little(4, oggCrc(page)), 22)
    this.#write(page)
    this.#page += 1
    this.#packets = []
    this.#lacing = []
    this.#samples = 0
  }
}

/** Identification header, RFC 7845 5.1. */
function opusHead(channels: number, preSkip: number): Uint8Array {
  const [streams = 1, coupled = 0, map = [0]] = LAYOUTS[channels - 1] ?? []
  const family = channels > 2 ? [1, streams, coupled, ...map] : [0]
  return concat([
    new TextEncoder().encode('OpusHead'),
    Uint8Array.of(1, channels),
    // pre-skip, input sample rate, output gain
    ...[little(2, preSkip), little(4, 48_000), little(2, 0)],
    Uint8Array.from(family),
  ])
}

function little(length: number, value: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => Math.floor(value / 256 ** index) & 0xff)
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x80000000 ? (crc << 1) ^ 0x04c11db7 : crc << 1
  return crc >>> 0
})

/** "generator polynomial 0x04c11db7", registers zero at the start. */
function oggCrc(bytes: Uint8Array): number {
  let crc = 0
  for (const byte of bytes) crc = ((crc << 8) ^ (CRC_TABLE[(crc >>> 24) ^ byte] ?? 0)) >>> 0
  return crc
}
