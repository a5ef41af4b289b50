/** A MediaSource attached to a media element. Acquire returns release: `detach` leaves nothing behind. */
import { PlayerError } from './errors.ts'

/** An open MediaSource and what ends it. */
export interface Attachment {
  source: MediaSource
  detach: () => void
}

/** Opening takes milliseconds; a browser that takes so long will not do it at all, ms. */
const OPEN_TIMEOUT_MS = 10_000

/** MediaSource, or ManagedMediaSource where there is only that (iPhone); null where there is neither. */
export function mediaSourceClass(): typeof MediaSource | null {
  if (typeof MediaSource !== 'undefined') return MediaSource
  const managed: unknown = Reflect.get(globalThis, 'ManagedMediaSource')
  return typeof managed === 'function' ? (managed as typeof MediaSource) : null
}

/** Opens a MediaSource on the element. */
export async function attach(video: HTMLMediaElement, signal: AbortSignal): Promise<Attachment> {
  const Source = mediaSourceClass()
  if (!Source) throw new PlayerError('mse-missing', 'neither MediaSource nor ManagedMediaSource exists')
  const source = new Source()
  const url = URL.createObjectURL(source)
  // ManagedMediaSource opens only where remote playback is off (Media Source Extensions 2, ManagedMediaSource).
  if (typeof MediaSource === 'undefined') video.disableRemotePlayback = true
  const detach = (): void => {
    URL.revokeObjectURL(url)
    if (video.src !== url) return
    video.removeAttribute('src')
    video.load()
  }
  try {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new PlayerError('media-error', 'the MediaSource did not open')), OPEN_TIMEOUT_MS)
      const settle = (finish: () => void) => (): void => {
        clearTimeout(timer)
        finish()
      }
      source.addEventListener('sourceopen', settle(resolve), { once: true })
      signal.addEventListener(
        'abort',
        settle(() => reject(signal.reason as Error)),
        { once: true },
      )
      video.src = url
    })
  } catch (error) {
    detach()
    throw error
  }
  return { source, detach }
}
