/**
 * The rendition index in D1: one row a chunk. Written by the pipeline as runners publish, read by manifests and delivery.
 * The first chunk that arrives for a number is the one that counts; a second attempt changes nothing a reader can see.
 */
import type { ChunkEntry, Published, Rendition, RenditionFacts, SegmentEntry } from '../../protocol/rendition-index.ts'

/** Where one segment lies. */
export interface SegmentPlace {
  objectKey: string
  entry: SegmentEntry
  /** Presentation time of the segment, ticks. */
  startTicks: number
}

interface RenditionRow {
  facts: string
  prefix_chunks: number
  prefix_ticks: number
  prefix_bytes: number
  peak_bps: number
  iframe_bytes: number
  iframe_peak_bps: number
}

interface ChunkRow {
  rendition: string
  chunk: number
  first_segment: number
  start_ticks: number
  duration_ticks: number
  object_key: string
  size_bytes: number
  segments: string
}

/** All renditions of a video, the largest picture first, audio last. */
export async function listRenditions(db: D1Database, videoId: string): Promise<Rendition[]> {
  const rows = await db.prepare('SELECT * FROM renditions WHERE video_id = ?').bind(videoId).all<RenditionRow>()
  return rows.results.map(toRendition).toSorted((a, b) => weight(b) - weight(a) || a.facts.rendition.localeCompare(b.facts.rendition))
}

/** The same for several videos (100 at most) in one query, for lists. */
export async function listRenditionsOf(db: D1Database, videoIds: string[]): Promise<Map<string, Rendition[]>> {
  const found = new Map<string, Rendition[]>(videoIds.map((id) => [id, []]))
  if (videoIds.length === 0) return found
  const marks = videoIds.map(() => '?').join(', ')
  const rows = await db
    .prepare(`SELECT * FROM renditions WHERE video_id IN (${marks})`)
    .bind(...videoIds)
    .all<RenditionRow & { video_id: string }>()
  for (const row of rows.results) found.get(row.video_id)?.push(toRendition(row))
  return found
}

/** One rendition, or null. */
export async function getRendition(db: D1Database, videoId: string, rendition: string): Promise<Rendition | null> {
  const row = await db.prepare('SELECT * FROM renditions WHERE video_id = ? AND id = ?').bind(videoId, rendition).first<RenditionRow>()
  return row === null ? null : toRendition(row)
}

/** The chunks of a rendition's prefix, in order. */
export async function listChunks(db: D1Database, videoId: string, rendition: string): Promise<ChunkEntry[]> {
  const rows = await db
    .prepare(
      `SELECT c.* FROM chunks c JOIN renditions r ON r.video_id = c.video_id AND r.id = c.rendition
       WHERE c.video_id = ? AND c.rendition = ? AND c.chunk < r.prefix_chunks ORDER BY c.chunk`,
    )
    .bind(videoId, rendition)
    .all<ChunkRow>()
  return rows.results.map(toChunk)
}

/**
 * Finds a segment of the gapless prefix by its number, reading its chunk's row and the rendition's; null when it is not
 * there (yet). What lies behind a gap may still be made anew, and must not be cached as if it were final.
 */
export async function findSegment(db: D1Database, videoId: string, rendition: string, segment: number): Promise<SegmentPlace | null> {
  const row = await db
    .prepare(
      `SELECT * FROM (
         SELECT * FROM chunks WHERE video_id = ?1 AND rendition = ?2 AND first_segment <= ?3 ORDER BY first_segment DESC LIMIT 1
       ) WHERE chunk < (SELECT prefix_chunks FROM renditions WHERE video_id = ?1 AND id = ?2)`,
    )
    .bind(videoId, rendition, segment)
    .first<ChunkRow>()
  if (row === null) return null
  const chunk = toChunk(row)
  const entry = chunk.segments[segment - chunk.firstSegment]
  if (entry === undefined) return null
  const before = chunk.segments.slice(0, segment - chunk.firstSegment)
  return { objectKey: chunk.objectKey, entry, startTicks: before.reduce((sum, { durationTicks }) => sum + durationTicks, chunk.startTicks) }
}

/**
 * Records a published chunk. `recorded`: it is the one that counts (now or already, by this very object); `superseded`:
 * another attempt was first, and this object can be deleted; `refused`: its init segment is not that of the rendition, or the
 * video failed or was deleted meanwhile. That is checked in the statements that write: what failed never grows, however late
 * a runner's word arrives.
 */
export async function recordPublished(
  db: D1Database,
  videoId: string,
  { facts, entry }: Published,
): Promise<'recorded' | 'superseded' | 'refused'> {
  const durationTicks = entry.segments.reduce((sum, segment) => sum + segment.durationTicks, 0)
  await db.batch([
    db
      .prepare(
        `INSERT INTO renditions (video_id, id, facts, prefix_chunks, prefix_ticks, prefix_bytes, peak_bps, iframe_bytes, iframe_peak_bps)
         SELECT id, ?2, ?3, 0, 0, 0, 0, 0, 0 FROM videos WHERE id = ?1 AND state != 'failed' ON CONFLICT DO NOTHING`,
      )
      .bind(videoId, facts.rendition, JSON.stringify(facts)),
    db
      .prepare(
        `INSERT INTO chunks (video_id, rendition, chunk, first_segment, start_ticks, duration_ticks, object_key, size_bytes, segments)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9 FROM renditions
         WHERE video_id = ?1 AND id = ?2 AND json_extract(facts, '$.initSha256') = ?10
         AND (SELECT state FROM videos WHERE id = ?1) != 'failed' ON CONFLICT DO NOTHING`,
      )
      .bind(
        videoId,
        facts.rendition,
        entry.chunk,
        entry.firstSegment,
        entry.startTicks,
        durationTicks,
        entry.objectKey,
        entry.sizeBytes,
        JSON.stringify(entry.segments),
        facts.initSha256,
      ),
  ])
  const kept = await db
    .prepare('SELECT object_key FROM chunks WHERE video_id = ? AND rendition = ? AND chunk = ?')
    .bind(videoId, facts.rendition, entry.chunk)
    .first<string>('object_key')
  if (kept === null) return 'refused'
  if (kept !== entry.objectKey) return 'superseded'
  await extendPrefix(db, videoId, facts.rendition)
  return 'recorded'
}

/** The source itself as renditions, whole at once. Idempotent. */
export async function saveSourceRenditions(db: D1Database, videoId: string, renditions: Rendition[]): Promise<void> {
  if (renditions.length === 0) return
  await db.batch(
    renditions.map((one) =>
      db
        .prepare(
          `INSERT INTO renditions (video_id, id, facts, prefix_chunks, prefix_ticks, prefix_bytes, peak_bps, iframe_bytes, iframe_peak_bps)
           SELECT id, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9 FROM videos WHERE id = ?1 ON CONFLICT DO NOTHING`,
        )
        .bind(
          videoId,
          one.facts.rendition,
          JSON.stringify(one.facts),
          one.prefixChunks,
          one.prefixTicks,
          one.prefixBytes,
          one.peakBps,
          one.iframeBytes,
          one.iframePeakBps,
        ),
    ),
  )
}

/** Object keys that the index refers to; everything else below the video's `made/` prefix is an attempt that lost. */
export async function referencedKeys(db: D1Database, videoId: string): Promise<Set<string>> {
  const chunks = await db.prepare('SELECT object_key FROM chunks WHERE video_id = ?').bind(videoId).all<{ object_key: string }>()
  const renditions = await listRenditions(db, videoId)
  return new Set([...chunks.results.map((row) => row.object_key), ...renditions.map(({ facts }) => facts.initKey)])
}

/** Drops what lies behind the first gap of these renditions: rows that no reader was ever shown. */
export async function dropChunksBehindPrefix(db: D1Database, videoId: string, renditions: string[]): Promise<void> {
  for (const rendition of renditions) {
    await db
      .prepare(
        `DELETE FROM chunks WHERE video_id = ?1 AND rendition = ?2
         AND chunk >= (SELECT prefix_chunks FROM renditions WHERE video_id = ?1 AND id = ?2)`,
      )
      .bind(videoId, rendition)
      .run()
  }
}

/** Takes the chunks that now follow the prefix without a gap into it. Idempotent. */
async function extendPrefix(db: D1Database, videoId: string, rendition: string): Promise<void> {
  const before = await getRendition(db, videoId, rendition)
  if (before === null) return
  const rows = await db
    .prepare('SELECT * FROM chunks WHERE video_id = ? AND rendition = ? AND chunk >= ? ORDER BY chunk')
    .bind(videoId, rendition, before.prefixChunks)
    .all<ChunkRow>()
  const after = { ...before }
  for (const row of rows.results) {
    if (row.chunk !== after.prefixChunks) break
    addToPrefix(after, toChunk(row))
  }
  if (after.prefixChunks === before.prefixChunks) return
  await db
    .prepare(
      `UPDATE renditions SET prefix_chunks = ?3, prefix_ticks = ?4, prefix_bytes = ?5, peak_bps = ?6, iframe_bytes = ?7, iframe_peak_bps = ?8
       WHERE video_id = ?1 AND id = ?2 AND prefix_chunks < ?3 AND (SELECT state FROM videos WHERE id = ?1) != 'failed'`,
    )
    .bind(
      videoId,
      rendition,
      after.prefixChunks,
      after.prefixTicks,
      after.prefixBytes,
      after.peakBps,
      after.iframeBytes,
      after.iframePeakBps,
    )
    .run()
}

function addToPrefix(sums: Rendition, chunk: ChunkEntry): void {
  const { timescale } = sums.facts
  sums.prefixChunks += 1
  for (const segment of chunk.segments) {
    sums.prefixTicks += segment.durationTicks
    sums.prefixBytes += segment.length
    sums.peakBps = Math.max(sums.peakBps, bitRate(segment.length, segment.durationTicks, timescale))
    for (const iframe of segment.iframes) {
      sums.iframeBytes += iframe.length
      sums.iframePeakBps = Math.max(sums.iframePeakBps, bitRate(iframe.length, iframe.durationTicks, timescale))
    }
  }
}

function bitRate(bytes: number, ticks: number, timescale: number): number {
  return Math.ceil((bytes * 8 * timescale) / ticks)
}

function weight({ facts }: Rendition): number {
  return facts.video === null ? 0 : facts.video.width * facts.video.height
}

function toRendition(row: RenditionRow): Rendition {
  return {
    facts: JSON.parse(row.facts) as RenditionFacts,
    prefixChunks: row.prefix_chunks,
    prefixTicks: row.prefix_ticks,
    prefixBytes: row.prefix_bytes,
    peakBps: row.peak_bps,
    iframeBytes: row.iframe_bytes,
    iframePeakBps: row.iframe_peak_bps,
  }
}

function toChunk(row: ChunkRow): ChunkEntry {
  return {
    rendition: row.rendition,
    chunk: row.chunk,
    objectKey: row.object_key,
    sizeBytes: row.size_bytes,
    firstSegment: row.first_segment,
    startTicks: row.start_ticks,
    segments: JSON.parse(row.segments) as SegmentEntry[],
  }
}
