/** Opening: from a URL to a presentation, and from a rendition to a track with its SourceBuffer. */
import { readPlaylist } from '../../media/hls/read.ts'
import { mediaSourceClass } from './attachment.ts'
import { describe, PlayerError } from './errors.ts'
import { MediaFileFound } from './media-file.ts'
import type { TrackKind } from './events.ts'
import { presentationOf, singlePresentation, type Presentation } from './presentation.ts'
import { request, RequestError } from './request.ts'
import { segmentIndexAt } from './plan.ts'
import type { Segment } from './presentation.ts'
import { sniffType } from './sniff.ts'
import { sniffContainer } from './sniff-container.ts'
import { BufferQueue, type Part, type TrackBuffer } from './source-buffer.ts'
import type { Stream, StreamHost } from './stream.ts'
import { Track, type TrackHost } from './track.ts'
import { Unpacker } from './unpack.ts'

/** Reads the playlist at the URL; one that grows may have nothing yet that this browser plays. Throws `PlayerError`. */
export async function openPresentation(url: string, host: StreamHost): Promise<Presentation> {
  const absolute = new URL(url, globalThis.location?.href).href
  const { config, signal, emit } = host
  const options = { kind: 'multivariant', budget: config.playlistRetry, signal, emit } as const
  const answer = await request({ url: absolute }, options).catch((error: unknown) => {
    signal.throwIfAborted()
    if (error instanceof MediaFileFound) throw error
    const missing = error instanceof RequestError && (error.status === 404 || error.status === 410)
    throw new PlayerError(missing ? 'playlist-not-found' : 'playlist-unreachable', describe(error))
  })
  const presentation = parse(new TextDecoder().decode(answer.bytes), answer.url)
  if (presentation.variants.length === 0 && !presentation.growing) {
    throw new PlayerError('nothing-playable', 'no variant has codecs that this browser plays')
  }
  return presentation
}

function parse(text: string, url: string): Presentation {
  const Source = mediaSourceClass()
  try {
    const parsed = readPlaylist(text, { url })
    if (parsed.kind === 'media') return singlePresentation(url)
    return presentationOf(parsed.playlist, url, (type) => Source?.isTypeSupported(type) ?? false)
  } catch (error) {
    throw new PlayerError('playlist-invalid', describe(error))
  }
}

/** What a track is opened with. */
export interface TrackPlan {
  kind: TrackKind
  streams: readonly Stream[]
  first: Stream
  source: MediaSource
  /** Where playback begins, seconds; null: where the playlist says. */
  startAtS: number | null
  /** The sound comes from another track: what this one carries itself is left out. */
  withoutSound: boolean
}

/**
 * Reads what a track needs before its buffer can be made (the playlist, the codecs). The returned function makes buffer
 * and track: called for all tracks at once, because no buffer may be added after the first append.
 */
export async function openTrack(plan: TrackPlan, host: TrackHost): Promise<() => Track> {
  const { kind, streams, first, startAtS } = plan
  const timeline = await first.ready().catch((error: unknown) => {
    host.signal.throwIfAborted()
    if (error instanceof PlayerError) throw error
    throw new PlayerError('playlist-unreachable', describe(error))
  })
  const unpacker = new Unpacker(host.signal)
  const { segments } = timeline
  const at = Math.min(segmentIndexAt(segments, startAtS ?? timeline.beginsAtS), segments.length - 1)
  const makeBuffer = await bufferFor(plan, segments.slice(Math.max(0, at)), unpacker)
  return () => new Track(kind, streams, first, makeBuffer(), unpacker, host)
}

/** What makes the buffer for segments such as these, when the time has come. */
async function bufferFor(plan: TrackPlan, segments: readonly Segment[], unpacker: Unpacker): Promise<() => TrackBuffer> {
  const { id: rendition, type } = plan.first.info
  const [segment] = segments
  const loading = segment ? plan.first.init(segment) : null
  // Asked for at once, not when the other track's playlist is there too; a failure shows when it is needed.
  loading?.catch(() => undefined)
  const whole = (bytes: Uint8Array | null): (() => TrackBuffer) => {
    const own = type ?? (bytes && sniffType(bytes)) ?? 'video/mp4; codecs="avc1.640028,mp4a.40.2"'
    if (!isSupported(own)) throw new PlayerError('nothing-playable', own)
    return () => new BufferQueue(plan.source.addSourceBuffer(own), own)
  }
  // With codecs and an initialization segment all is known: nothing is waited for.
  if (!segment || (loading && type !== null)) return whole(null)
  const init = loading && (await loading)
  if (init && sniffContainer(init) === 'mp4') return whole(init)
  // Only the media itself says what it is.
  unpacker.warmUp()
  const [found, bytes] = await firstThatIsThere(plan.first, segments)
  if (sniffContainer(bytes) === 'mp4') return whole(bytes)
  // The transmuxer takes what it is given; the track is to find the bytes too.
  const { parts } = await unpacker.look({ segment: found, rendition, type, init, bytes: bytes.slice() })
  const types = typesOf(parts, plan)
  const { PairBuffer } = await import('../transmux/pair-buffer.ts')
  return () => new PairBuffer(plan.source, types)
}

/** A segment and its bytes: the first one, or one soon behind it when that is lost. */
async function firstThatIsThere(stream: Stream, segments: readonly Segment[]): Promise<[Segment, Uint8Array<ArrayBuffer>]> {
  let reason: unknown = 'the playlist has no segments'
  for (const segment of segments.filter(({ gap }) => !gap).slice(0, 3)) {
    try {
      return [segment, (await stream.mediaEarly(segment)).bytes]
    } catch (error) {
      if (!(error instanceof RequestError)) throw error
      reason = error
    }
  }
  throw new PlayerError('segments-unreachable', describe(reason))
}

/** A SourceBuffer's type for each kind that is in the parts, is wanted and can be played. Throws `PlayerError` when that is none. */
function typesOf(parts: readonly Part[], { kind, withoutSound }: TrackPlan): Map<'video' | 'audio', string> {
  const all = new Map<'video' | 'audio', string>()
  for (const part of parts) if (part.kind !== 'whole' && part.type !== null && !all.has(part.kind)) all.set(part.kind, part.type)
  const unwanted = kind === 'audio' ? 'video' : withoutSound && all.has('video') ? 'audio' : null
  const types = new Map([...all].filter(([one, type]) => one !== unwanted && isSupported(type)))
  if (types.size === 0) throw new PlayerError('nothing-playable', [...all.values()].join() || 'no picture and no sound')
  return types
}

function isSupported(type: string): boolean {
  return mediaSourceClass()?.isTypeSupported(type) ?? false
}
