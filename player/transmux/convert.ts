/**
 * A segment of MPEG-TS or packed audio to what SourceBuffers take: one run of CMAF a kind. Pure; runs in a worker, and on
 * the main thread where there is none.
 */
import type { TransmuxOutput } from '../../media/mpegts/transmux/model.ts'
import { PackedAudioTransmuxer, readPackedHead } from '../../media/mpegts/transmux/packed-audio.ts'
import { TsTransmuxer } from '../../media/mpegts/transmux/transmuxer.ts'

/** Plain data: goes to a worker. */
export interface ConvertRequest {
  /** A whole segment; with the bytes of its EXT-X-MAP, if it has one, before it. */
  bytes: Uint8Array<ArrayBuffer>
  /** It does not continue the one before: a seek, another rendition, a discontinuity. */
  restart: boolean
  /** Where it begins by the playlist, seconds: for sound that does not say its time. */
  startS: number
  /** How this browser takes MP3; see `TransmuxOptions`. */
  mp3: 'mp4' | 'mpeg'
}

/** Bytes for the SourceBuffer of a kind. */
export interface Piece {
  kind: 'video' | 'audio'
  /** As `addSourceBuffer` and `changeType` take it. */
  type: string
  bytes: Uint8Array<ArrayBuffer>
  /** The bytes have no times of their own: where they begin on the stream's clock, seconds. Else null. */
  untimedStartS: number | null
}

export interface Converted {
  pieces: Piece[]
  /** When the segment begins on the stream's clock, seconds: its picture where it has one. Null: the stream says no time. */
  startS: number | null
  warnings: string[]
}

/** See the head of this file. One serves one track. */
export class Converter {
  #ts: TsTransmuxer | null = null
  #packed: PackedAudioTransmuxer | null = null
  readonly #types = new Map<string, string>()

  /** Throws `MediaError` when there is nothing in the segment that can be read. */
  convert({ bytes, restart, startS, mp3 }: ConvertRequest): Converted {
    const head = readPackedHead(bytes)
    if (head) {
      this.#packed ??= new PackedAudioTransmuxer({ mp3 })
      if (restart) this.#packed.reset()
      const converted = this.#collect(this.#packed.segment(bytes, startS))
      return head.pts === null ? { ...converted, startS: null } : converted
    }
    this.#ts ??= new TsTransmuxer({ mp3 })
    if (restart) this.#ts.reset()
    const outputs = this.#ts.push(bytes)
    return this.#collect([...outputs, ...this.#ts.flush()])
  }

  #collect(outputs: readonly TransmuxOutput[]): Converted {
    const warnings: string[] = []
    const runs: (Omit<Piece, 'bytes'> & { parts: Uint8Array[] })[] = []
    const starts = { video: Infinity, audio: Infinity }
    for (const output of outputs) {
      if (output.type === 'warning') warnings.push(output.message)
      if (output.type !== 'init' && output.type !== 'fragment') continue
      const { kind, bytes } = output
      if (output.type === 'init') this.#types.set(kind, output.mimeType)
      else starts[kind] = Math.min(starts[kind], output.startSeconds)
      if (bytes.length === 0) continue
      const type = this.#types.get(kind) ?? ''
      const untimedStartS = output.type === 'fragment' && type === 'audio/mpeg' ? output.startSeconds : null
      const run = runs.find((one) => one.kind === kind && one.type === type && one.untimedStartS === null && untimedStartS === null)
      if (run) run.parts.push(bytes)
      else runs.push({ kind, type, untimedStartS, parts: [bytes] })
    }
    const startS = Math.min(starts.video, Infinity) < Infinity ? starts.video : starts.audio
    const pieces = runs.map(({ parts, ...run }) => ({ ...run, bytes: joined(parts) }))
    return { pieces, startS: startS < Infinity ? startS : null, warnings }
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
