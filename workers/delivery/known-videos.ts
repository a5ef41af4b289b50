/**
 * Whether a video still exists, asked of D1 once in ten seconds for each video and isolate. This is what makes deletion
 * reach copies in caches (docs/decisions/deleted-videos-and-caches.md) without a database read for every segment.
 */

/** A deleted video is served for at most this long, milliseconds. */
export const KNOWN_FOR_MS = 10_000
/** Videos remembered by one isolate. */
const MAX_KNOWN = 1_000

/** Video id → Unix milliseconds of when it was last seen. Values only: a promise must not cross from one request to another. */
const seen = new Map<string, number>()

export async function videoExists(db: D1Database, id: string): Promise<boolean> {
  const at = seen.get(id)
  if (at !== undefined && Date.now() - at < KNOWN_FOR_MS) return true
  const row = await db.prepare('SELECT 1 FROM videos WHERE id = ?').bind(id).first()
  seen.delete(id)
  if (row === null) return false
  if (seen.size >= MAX_KNOWN) for (const oldest of seen.keys()) if (seen.size >= MAX_KNOWN) seen.delete(oldest)
  seen.set(id, Date.now())
  return true
}

/** Call when a video is deleted: in this isolate, it is gone at once. */
export function forgetVideo(id: string): void {
  seen.delete(id)
}
