/**
 * Elementary streams out of a transport stream, as files: the payloads of PES packets one behind the other, which is what
 * `ffmpeg -c copy` writes. As there, a picture is written from the first keyframe on. Opus goes into Ogg.
 */
import type { StreamListener, StreamUnit } from '../analyze/stream-track.ts'
import type { StreamEvent } from '../analyze/report.ts'
import type { StreamCodec } from '../stream-types.ts'
import { OggOpusWriter } from './ogg-opus.ts'
import { opusChannels, readOpusUnits } from './opus.ts'

const EXTENSIONS: Readonly<Record<string, string>> = {
  ...{ h264: 'h264', hevc: 'h265', vvc: 'h266', mpeg1: 'm1v', mpeg2: 'm2v', mpeg4: 'm4v', vc1: 'vc1', av1: 'obu', avs: 'avs' },
  ...{ aac: 'aac', 'aac-latm': 'latm', mp3: 'mp3', 'ac-3': 'ac3', 'e-ac-3': 'eac3', opus: 'opus', dts: 'dts', truehd: 'thd' },
  ...{ id3: 'id3', klv: 'klv', pgs: 'sup' },
}
/** Video codecs whose keyframes the analyser knows. */
const WITH_KEYFRAMES: ReadonlySet<string> = new Set(['h264', 'hevc', 'mpeg1', 'mpeg2'])
const NAL_UNITS: ReadonlySet<string> = new Set(['h264', 'hevc', 'vvc'])
/** Where marks of SCTE-35 and ID3 go, one JSON object a line. */
const EVENTS_FILE = 'events.jsonl'

/** One file of what came out. */
export interface ElementaryFile {
  name: string
  pid: number | null
  /** In words. */
  holds: string
  bytes: number
  /** Pictures' PES packets before the first keyframe, which nothing can decode: not written. */
  unitsLeftOut: number
  /** Why there is nothing: `scrambled`, `sample-aes`, `no-keyframe`; null when it is written. */
  withheld: 'scrambled' | 'sample-aes' | 'no-keyframe' | null
}

interface Output extends ElementaryFile {
  started: boolean
  ogg: OggOpusWriter | null
}

/** Takes what a `TsAnalyzer` tells its listener. `write` gets bytes that are overwritten after it returns. */
export class ElementaryWriter implements StreamListener {
  readonly #write: (name: string, bytes: Uint8Array) => void
  readonly #stems = new Map<number, string>()
  readonly #counts = new Map<string, number>()
  readonly #outputs = new Map<number, Output>()
  #events: ElementaryFile | null = null

  constructor(write: (name: string, bytes: Uint8Array) => void) {
    this.#write = write
  }

  /** Names are given in the order of the PMT: `audio`, then `audio-2`, whatever their codecs. */
  stream(stream: number, codec: StreamCodec): void {
    const stem = stemOf(codec)
    const count = (this.#counts.get(stem) ?? 0) + 1
    this.#counts.set(stem, count)
    this.#stems.set(stream, count === 1 ? stem : `${stem}-${count}`)
  }

  unit(unit: StreamUnit): void {
    const output = this.#outputFor(unit)
    if (unit.header === null) return
    if (unit.codec.sampleAes) output.withheld = 'sample-aes'
    else if (unit.scrambled) output.withheld ??= 'scrambled'
    if (unit.codec.sampleAes || unit.scrambled) return
    if (!output.started) {
      if (WITH_KEYFRAMES.has(unit.codec.codec) && !unit.keyframe) {
        output.unitsLeftOut += 1
        output.withheld ??= 'no-keyframe'
        return
      }
      output.started = true
      output.withheld = null
    }
    if (output.ogg === null) this.#put(output, unit.payload)
    else for (const opus of readOpusUnits(unit.payload)) output.ogg.add(opus)
  }

  event(event: StreamEvent): void {
    this.#events ??= { name: EVENTS_FILE, pid: null, holds: 'marks, one JSON object a line', bytes: 0, unitsLeftOut: 0, withheld: null }
    this.#put(this.#events, new TextEncoder().encode(`${JSON.stringify(event)}\n`))
  }

  /** Writes what is still open; answers all files. */
  end(): ElementaryFile[] {
    for (const { ogg } of this.#outputs.values()) ogg?.end()
    const inOrder = [...this.#outputs].toSorted(([a], [b]) => a - b)
    const files = inOrder.map(([, { name, pid, holds, bytes, unitsLeftOut, withheld }]) => {
      return { name, pid, holds, bytes, unitsLeftOut, withheld }
    })
    return this.#events === null ? files : [...files, this.#events]
  }

  #put(file: ElementaryFile, bytes: Uint8Array): void {
    file.bytes += bytes.length
    this.#write(file.name, bytes)
  }

  #outputFor({ stream, pid, codec, payload, descriptors }: StreamUnit): Output {
    const known = this.#outputs.get(stream)
    if (known !== undefined) return known
    // Layer II (11172-3 2.4.2.3, '10') shares its stream types with layer III.
    const layer2 = codec.codec === 'mp3' && payload[0] === 0xff && (((payload[1] ?? 0) >> 1) & 3) === 2
    const extension = layer2 ? 'mp2' : (EXTENSIONS[codec.codec] ?? 'bin')
    const units = NAL_UNITS.has(codec.codec) ? ' NAL units' : codec.kind === 'audio' ? ' frames' : ''
    const holds = codec.codec === 'opus' ? 'Opus in Ogg' : `raw ${codec.name.replace(/ \(.*/, '')}${units}`
    const name = `${this.#stems.get(stream) ?? stemOf(codec)}.${extension}`
    const output: Output = { name, pid, holds, bytes: 0, unitsLeftOut: 0, withheld: null, started: false, ogg: null }
    if (codec.codec === 'opus') output.ogg = new OggOpusWriter(opusChannels(descriptors) ?? 2, (bytes) => this.#put(output, bytes))
    this.#outputs.set(stream, output)
    return output
  }
}

function stemOf({ kind }: StreamCodec): string {
  return kind === 'other' ? 'data' : kind
}
