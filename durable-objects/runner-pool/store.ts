/** The pool in SQLite. What deciding needs is one JSON column a row, read once when the object wakes; specs and results stay here. */
import type { Published } from '../../protocol/rendition-index.ts'
import type { Task, TaskResult, TaskSpec } from '../../protocol/tasks.ts'
import { SCHEMA } from './schema.ts'
import { emptyPool, isOpen, type PoolRunner, type PoolState, type PoolTask } from './state.ts'

/** Something the listener has not taken yet. */
export interface InboxRow {
  n: number
  videoId: string
  kind: 'published' | 'done' | 'changed' | 'arrived'
  taskId: string
  lease: string
  published: Published | null
}

/** The tables of one pool. */
export class PoolStore {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
    sql.exec(SCHEMA)
  }

  /** Everything that deciding needs. */
  load(): PoolState {
    const state = emptyPool()
    for (const { head } of this.#sql.exec<{ head: string }>('SELECT head FROM tasks ORDER BY seq')) {
      const task = JSON.parse(head) as PoolTask
      state.tasks.set(task.id, task)
      state.lastSeq = Math.max(state.lastSeq, task.seq)
      state.lastGrant = Math.max(state.lastGrant, task.grant)
    }
    for (const { head } of this.#sql.exec<{ head: string }>('SELECT head FROM runners')) {
      const runner = JSON.parse(head) as PoolRunner
      state.runners.set(runner.runnerId, runner)
    }
    return state
  }

  saveTask(task: PoolTask): void {
    this.#sql.exec(
      `INSERT INTO tasks (id, video_id, seq, head) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET head = excluded.head`,
      task.id,
      task.videoId,
      task.seq,
      JSON.stringify(task),
    )
    if (!isOpen(task)) this.#sql.exec('UPDATE tasks SET spec = NULL WHERE id = ? AND spec IS NOT NULL', task.id)
  }

  /** Of a task whose row is there. */
  saveSpec(task: Task): void {
    this.#sql.exec('UPDATE tasks SET spec = ? WHERE id = ?', JSON.stringify(task.spec), task.id)
  }

  saveResult(taskId: string, result: TaskResult): void {
    this.#sql.exec('UPDATE tasks SET result = ? WHERE id = ?', JSON.stringify(result), taskId)
  }

  spec(taskId: string): TaskSpec | null {
    const row = this.#sql.exec<{ spec: string | null }>('SELECT spec FROM tasks WHERE id = ?', taskId).toArray()[0]
    return row?.spec === undefined || row.spec === null ? null : (JSON.parse(row.spec) as TaskSpec)
  }

  /** Results of a video's tasks, by task id. */
  results(videoId: string): Map<string, TaskResult> {
    const rows = this.#sql.exec<{ id: string; result: string }>(
      'SELECT id, result FROM tasks WHERE video_id = ? AND result IS NOT NULL',
      videoId,
    )
    return new Map([...rows].map(({ id, result }) => [id, JSON.parse(result) as TaskResult]))
  }

  /** The task's row and what it still had to tell. */
  dropTask(taskId: string): void {
    this.#sql.exec('DELETE FROM tasks WHERE id = ?', taskId)
    this.#sql.exec('DELETE FROM inbox WHERE task_id = ?', taskId)
  }

  saveRunner(runner: PoolRunner): void {
    this.#sql.exec(
      'INSERT INTO runners (runner_id, head) VALUES (?, ?) ON CONFLICT (runner_id) DO UPDATE SET head = excluded.head',
      runner.runnerId,
      JSON.stringify(runner),
    )
  }

  dropRunner(runnerId: string): void {
    this.#sql.exec('DELETE FROM runners WHERE runner_id = ?', runnerId)
  }

  /** A published chunk, kept once while it waits: a runner that reconnects says everything again. */
  putPublished(task: PoolTask, lease: string, published: Published): void {
    const { objectKey } = published.entry
    const known = this.#sql.exec('SELECT 1 FROM inbox WHERE task_id = ? AND object_key = ?', task.id, objectKey).toArray()
    if (known.length === 0) this.#put(task.videoId, 'published', task.id, lease, objectKey, JSON.stringify(published))
  }

  putDone(task: PoolTask, lease: string): void {
    this.#put(task.videoId, 'done', task.id, lease, '', '')
  }

  /**
   * A hint that is waiting is as good as two. It is put anew, behind everything: the one before may be on its way just now,
   * and whoever reads the truth at its arrival may have read it before this change.
   */
  putChanged(videoId: string): void {
    this.#sql.exec(`DELETE FROM inbox WHERE video_id = ? AND kind = 'changed'`, videoId)
    this.#put(videoId, 'changed', '', '', '', '')
  }

  putArrived(): void {
    this.#sql.exec(`DELETE FROM inbox WHERE kind = 'arrived'`)
    this.#put('', 'arrived', '', '', '', '')
  }

  /** The queues that are not empty: one a video, and the empty string for what concerns no video. */
  queues(): string[] {
    return this.#sql
      .exec<{ video_id: string }>('SELECT DISTINCT video_id FROM inbox')
      .toArray()
      .map((row) => row.video_id)
  }

  firstOf(videoId: string): InboxRow | null {
    const row = this.#sql
      .exec<{ n: number; video_id: string; kind: InboxRow['kind']; task_id: string; lease: string; body: string }>(
        'SELECT n, video_id, kind, task_id, lease, body FROM inbox WHERE video_id = ? ORDER BY n LIMIT 1',
        videoId,
      )
      .toArray()[0]
    if (row === undefined) return null
    const published = row.kind === 'published' ? (JSON.parse(row.body) as Published) : null
    return { n: row.n, videoId: row.video_id, kind: row.kind, taskId: row.task_id, lease: row.lease, published }
  }

  taken(n: number): void {
    this.#sql.exec('DELETE FROM inbox WHERE n = ?', n)
  }

  #put(videoId: string, kind: InboxRow['kind'], taskId: string, lease: string, objectKey: string, body: string): void {
    this.#sql.exec(
      'INSERT INTO inbox (video_id, kind, task_id, lease, object_key, body) VALUES (?, ?, ?, ?, ?, ?)',
      videoId,
      kind,
      taskId,
      lease,
      objectKey,
      body,
    )
  }
}
