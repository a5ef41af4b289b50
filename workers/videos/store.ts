/** Videos and the stages of their making, in D1. State changes are guarded: a video that is ready or deleted stays so. */
import type { Plan, SourceFacts } from '../../protocol/plan.ts'
import type { Pictures } from '../../protocol/tasks.ts'
import type { Stage, StageName, VideoState } from '../../protocol/videos.ts'

/** A row, as the edge uses it. */
export interface VideoRecord {
  id: string
  title: string
  state: VideoState
  error: { code: string; message: string } | null
  createdMs: number
  source: { name: string; type: string; sizeBytes: number }
  codecs: string[]
  facts: SourceFacts | null
  plan: Plan | null
  pictures: Pictures | null
  /** Why the source is not played as it is; null when it is, or that is not known yet. */
  sourceNote: string | null
}

interface VideoRow {
  id: string
  title: string
  state: VideoState
  error_code: string | null
  error_message: string | null
  created_ms: number
  source_name: string
  source_type: string
  source_bytes: number
  codecs: string
  facts: string | null
  plan: string | null
  pictures: string | null
  source_note: string | null
}

/** A new video whose bytes are still coming. */
export async function createVideo(
  db: D1Database,
  video: Pick<VideoRecord, 'id' | 'title' | 'createdMs' | 'source' | 'codecs'>,
): Promise<void> {
  await db
    .prepare(
      `INSERT INTO videos (id, title, state, created_ms, source_name, source_type, source_bytes, codecs)
       VALUES (?, ?, 'uploading', ?, ?, ?, ?, ?)`,
    )
    .bind(video.id, video.title, video.createdMs, video.source.name, video.source.type, video.source.sizeBytes, video.codecs.join(','))
    .run()
}

/** One video, or null. */
export async function getVideo(db: D1Database, id: string): Promise<VideoRecord | null> {
  const row = await db.prepare('SELECT * FROM videos WHERE id = ?').bind(id).first<VideoRow>()
  return row === null ? null : toRecord(row)
}

/** Newest first, at most `limit`, after the one that `before` names. */
export async function listVideos(db: D1Database, limit: number, before: { createdMs: number; id: string } | null): Promise<VideoRecord[]> {
  const rows = await db
    .prepare(
      `SELECT * FROM videos WHERE ?1 IS NULL OR (created_ms, id) < (?1, ?2)
       ORDER BY created_ms DESC, id DESC LIMIT ?3`,
    )
    .bind(before?.createdMs ?? null, before?.id ?? null, limit)
    .all<VideoRow>()
  return rows.results.map(toRecord)
}

/** Ids of videos whose pipeline should be running. */
export async function listProcessing(db: D1Database): Promise<string[]> {
  const rows = await db.prepare(`SELECT id FROM videos WHERE state = 'processing'`).all<{ id: string }>()
  return rows.results.map((row) => row.id)
}

export async function setTitle(db: D1Database, id: string, title: string): Promise<void> {
  await db.prepare('UPDATE videos SET title = ? WHERE id = ?').bind(title, id).run()
}

/** Moves a video on; false when it was not in one of the states it may come from. */
export async function moveState(db: D1Database, id: string, from: VideoState[], to: VideoState): Promise<boolean> {
  const marks = from.map(() => '?').join(', ')
  const done = await db
    .prepare(`UPDATE videos SET state = ?, error_code = NULL, error_message = NULL WHERE id = ? AND state IN (${marks})`)
    .bind(to, id, ...from)
    .run()
  return done.meta.changes > 0
}

/** The video failed for good; the message is for the person who uploaded it. */
export async function failVideo(db: D1Database, id: string, error: { code: string; message: string }): Promise<void> {
  await db
    .prepare(`UPDATE videos SET state = 'failed', error_code = ?, error_message = ? WHERE id = ? AND state != 'ready'`)
    .bind(error.code, error.message, id)
    .run()
}

export async function saveFacts(db: D1Database, id: string, facts: SourceFacts): Promise<void> {
  await db.prepare('UPDATE videos SET facts = ? WHERE id = ?').bind(JSON.stringify(facts), id).run()
}

export async function savePlan(db: D1Database, id: string, plan: Plan): Promise<void> {
  await db.prepare('UPDATE videos SET plan = ? WHERE id = ?').bind(JSON.stringify(plan), id).run()
}

export async function savePictures(db: D1Database, id: string, pictures: Pictures): Promise<void> {
  await db.prepare('UPDATE videos SET pictures = ? WHERE id = ?').bind(JSON.stringify(pictures), id).run()
}

export async function saveSourceNote(db: D1Database, id: string, note: string): Promise<void> {
  await db.prepare('UPDATE videos SET source_note = ? WHERE id = ?').bind(note, id).run()
}

/** Stages in the order of a video's life. */
export async function listStages(db: D1Database, ids: string[]): Promise<Map<string, Stage[]>> {
  const found = new Map<string, Stage[]>(ids.map((id) => [id, []]))
  if (ids.length === 0) return found
  const marks = ids.map(() => '?').join(', ')
  const rows = await db
    .prepare(`SELECT video_id, name, state, progress, text FROM stages WHERE video_id IN (${marks})`)
    .bind(...ids)
    .all<Stage & { video_id: string }>()
  for (const { video_id, ...stage } of rows.results) found.get(video_id)?.push(stage)
  for (const stages of found.values()) stages.sort((a, b) => STAGE_ORDER.indexOf(a.name) - STAGE_ORDER.indexOf(b.name))
  return found
}
const STAGE_ORDER: StageName[] = ['upload', 'probe', 'video', 'audio', 'thumbnails', 'finish']

/** Writes one stage; a video that is gone is left alone. */
export async function setStage(db: D1Database, videoId: string, stage: Stage): Promise<void> {
  await db
    .prepare(
      `INSERT INTO stages (video_id, name, state, progress, text) SELECT id, ?2, ?3, ?4, ?5 FROM videos WHERE id = ?1
       ON CONFLICT (video_id, name) DO UPDATE SET state = excluded.state, progress = excluded.progress, text = excluded.text`,
    )
    .bind(videoId, stage.name, stage.state, stage.progress, stage.text)
    .run()
}

/** Deletes the row and, in the same transaction, notes that its objects have to go. */
export async function deleteVideoRow(db: D1Database, id: string, nowMs: number): Promise<void> {
  await db.batch([
    db.prepare('INSERT INTO deletions (video_id, since_ms) VALUES (?, ?) ON CONFLICT DO NOTHING').bind(id, nowMs),
    db.prepare('DELETE FROM videos WHERE id = ?').bind(id),
  ])
}

function toRecord(row: VideoRow): VideoRecord {
  return {
    id: row.id,
    title: row.title,
    state: row.state,
    error: row.error_code === null ? null : { code: row.error_code, message: row.error_message ?? '' },
    createdMs: row.created_ms,
    source: { name: row.source_name, type: row.source_type, sizeBytes: row.source_bytes },
    codecs: row.codecs.split(','),
    facts: row.facts === null ? null : (JSON.parse(row.facts) as SourceFacts),
    plan: row.plan === null ? null : (JSON.parse(row.plan) as Plan),
    pictures: row.pictures === null ? null : (JSON.parse(row.pictures) as Pictures),
    sourceNote: row.source_note,
  }
}
