/** One media file: the browser plays it itself, by range requests of its own. There is one rendition then and nothing to decide. */
import { PlayerError } from './errors.ts'

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
