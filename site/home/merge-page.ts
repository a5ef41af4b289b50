/** Folds a fresh first page into what is shown. Pure. */
import type { Video, VideoPage } from '../../protocol/videos.ts'

/**
 * The list after a new first page: what it holds comes first and as it is now; older videos that were loaded before follow.
 * A shown video that should be on the first page and is not was deleted. With no next page, the first page is all there is.
 */
export function mergePage(shown: Video[], first: VideoPage): Video[] {
  const last = first.videos.at(-1)
  if (first.nextCursor === null || last === undefined) return first.videos
  const fresh = new Set(first.videos.map(({ id }) => id))
  const older = shown.filter((video) => !fresh.has(video.id) && isOlder(video, last))
  return [...first.videos, ...older]
}

/** The order of the library: newest first, and by id among equals. */
function isOlder(video: Video, than: Video): boolean {
  const difference = Date.parse(video.createdAt) - Date.parse(than.createdAt)
  return difference < 0 || (difference === 0 && video.id < than.id)
}
