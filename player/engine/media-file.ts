/**
 * An address that answers with one media file instead of a playlist. Told by the head of the answer, so that the file is not
 * loaded as if it were text.
 */

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
