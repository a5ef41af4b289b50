/** Opening: from a URL to a presentation, and from a rendition to a track with its SourceBuffer. */
import { readPlaylist } from '../../media/hls/read.ts'
import { mediaSourceClass } from './attachment.ts'
import { describe, PlayerError } from './errors.ts'
import type { TrackKind } from './events.ts'
import { presentationOf, singlePresentation, type Presentation } from './presentation.ts'
import { request, RequestError } from './request.ts'
import { sniffType } from './sniff.ts'
import { BufferQueue } from './source-buffer.ts'
import type { Stream, StreamHost } from './stream.ts'
import { Track, type TrackHost } from './track.ts'

/** Reads the playlist at the URL; one that grows may have nothing yet that this browser plays. Throws `PlayerError`. */
export async function openPresentation(url: string, host: StreamHost): Promise<Presentation> {
  const absolute = new URL(url, globalThis.location?.href).href
  const { config, signal, emit } = host
  const options = { kind: 'multivariant', budget: config.playlistRetry, signal, emit } as const
  const answer = await request({ url: absolute }, options).catch((error: unknown) => {
    signal.throwIfAborted()
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
    const parsed = readPlaylist(text)
    if (parsed.kind === 'media') return singlePresentation(url)
    return presentationOf(parsed.playlist, url, (type) => Source?.isTypeSupported(type) ?? false)
  } catch (error) {
    throw new PlayerError('playlist-invalid', describe(error))
  }
}

/**
 * Reads what a track needs before its buffer can be made (the playlist, the codecs). The returned function makes buffer
 * and track: called for all tracks at once, because no buffer may be added after the first append.
 */
export async function openTrack(
  kind: TrackKind,
  streams: readonly Stream[],
  first: Stream,
  source: MediaSource,
  host: TrackHost,
): Promise<() => Track> {
  const timeline = await first.ready().catch((error: unknown) => {
    host.signal.throwIfAborted()
    if (error instanceof PlayerError) throw error
    throw new PlayerError('playlist-unreachable', describe(error))
  })
  const [segment] = timeline.segments
  // Asked for at once, not when the other track's playlist is there too; a failure shows when it is needed.
  if (segment) void first.init(segment)?.catch(() => undefined)
  const init = first.info.type === null && segment ? await first.init(segment) : null
  const type = first.info.type ?? (init && sniffType(init)) ?? 'video/mp4; codecs="avc1.640028,mp4a.40.2"'
  if (!mediaSourceClass()?.isTypeSupported(type)) throw new PlayerError('nothing-playable', type)
  return () => new Track(kind, streams, first, new BufferQueue(source.addSourceBuffer(type), type), host)
}
