/** The pool's tables. One object, SQLite; every statement may run again on a database that has them. */

/**
 * `tasks`: one row a task, settled ones too, until their video is forgotten; `spec` goes when a task settles (a plan is some
 * kilobytes). `runners`: who is connected or has grace. `inbox`: what the listener has not taken yet, in order of arrival;
 * `body` is JSON of `Published` for kind `published`, else empty.
 */
export const SCHEMA = `
CREATE TABLE IF NOT EXISTS tasks (
  id TEXT PRIMARY KEY,
  video_id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  head TEXT NOT NULL,
  spec TEXT,
  result TEXT
);
CREATE INDEX IF NOT EXISTS tasks_video ON tasks (video_id, seq);
CREATE TABLE IF NOT EXISTS runners (
  runner_id TEXT PRIMARY KEY,
  head TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS inbox (
  n INTEGER PRIMARY KEY AUTOINCREMENT,
  video_id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('published', 'done', 'changed', 'arrived')),
  task_id TEXT NOT NULL,
  lease TEXT NOT NULL,
  object_key TEXT NOT NULL,
  body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS inbox_video ON inbox (video_id, n);
`
