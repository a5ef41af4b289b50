/**
 * An address that answers with one media file instead of a playlist: the browser plays it itself, by range requests of its own.
 * There is one rendition then and nothing to decide.
 */
import { PlayerError } from './errors.ts'

/** Told by the answer's head; nothing of its body was read. */
export class MediaFileFound extends Error {
  /** After redirects. */
  readonly url: string
  constructor(url: string) {
    super('a media file and not a playlist')
    this.name = 'MediaFileFound'
    this.url = url
  }
}

/** Whether the answer is media. Types that say nothing are left to the name. */
export function isMediaFile({ headers, url }: Pick<Response, 'headers' | 'url'>): boolean {
  const type = headers.get('content-type') ?? ''
  if (/mpegurl/i.test(type)) return false
  return (
    /^(video|audio)\//i.test(type) ||
    (/^(|application\/octet-stream.*)$/i.test(type) && /\.(mp4|m4v|m4a|mov|webm|mkv)$/i.test(new URL(url).pathname))
  )
}

/** Gives the file to the media element until the signal ends it. `failed` hears when the browser cannot play it. */
export function playFile(
  video: HTMLMediaElement,
  url: string,
  startAtS: number | null,
  signal: AbortSignal,
  failed: (error: PlayerError) => void,
): void {
  const onError = (): void => failed(new PlayerError('media-error', video.error?.message || 'the browser cannot play this file'))
  video.addEventListener('error', onError, { signal })
  const release = (): void => {
    video.removeAttribute('src')
    video.load()
  }
  signal.addEventListener('abort', release, { once: true })
  video.src = url
  if (startAtS !== null) video.currentTime = startAtS
}
