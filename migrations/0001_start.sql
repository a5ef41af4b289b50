-- Videos, the stages of their making, and the rendition index (docs/decisions/rendition-index.md).

CREATE TABLE videos (
  id TEXT PRIMARY KEY,
  title TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('uploading', 'processing', 'ready', 'failed')),
  error_code TEXT,
  error_message TEXT,
  created_ms INTEGER NOT NULL,
  source_name TEXT NOT NULL,
  source_type TEXT NOT NULL,
  source_bytes INTEGER NOT NULL,
  -- Video codecs wished for, comma-separated: 'h264' or 'h264,av1'.
  codecs TEXT NOT NULL DEFAULT 'h264',
  -- JSON of protocol/plan.ts and protocol/tasks.ts; NULL until known.
  facts TEXT,
  plan TEXT,
  pictures TEXT
) STRICT;
CREATE INDEX videos_newest ON videos (created_ms DESC, id DESC);
CREATE INDEX videos_unfinished ON videos (state) WHERE state IN ('uploading', 'processing');

CREATE TABLE stages (
  video_id TEXT NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  state TEXT NOT NULL,
  progress REAL NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (video_id, name)
) STRICT, WITHOUT ROWID;

-- What a rendition is, and sums over the prefix of its chunks that has no gap: enough for a multivariant playlist.
CREATE TABLE renditions (
  video_id TEXT NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
  id TEXT NOT NULL,
  facts TEXT NOT NULL,              -- JSON, RenditionFacts
  prefix_chunks INTEGER NOT NULL,   -- chunks 0 .. prefix_chunks-1 are all there
  prefix_ticks INTEGER NOT NULL,    -- their duration
  prefix_bytes INTEGER NOT NULL,    -- their size
  peak_bps INTEGER NOT NULL,        -- the largest segment bit rate among them
  iframe_bytes INTEGER NOT NULL,    -- keyframes only
  iframe_peak_bps INTEGER NOT NULL,
  PRIMARY KEY (video_id, id)
) STRICT, WITHOUT ROWID;

-- One row an object in the bucket. The segment with number n is in the row with the greatest first_segment <= n.
CREATE TABLE chunks (
  video_id TEXT NOT NULL,
  rendition TEXT NOT NULL,
  chunk INTEGER NOT NULL,
  first_segment INTEGER NOT NULL,
  start_ticks INTEGER NOT NULL,
  duration_ticks INTEGER NOT NULL,
  object_key TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  segments TEXT NOT NULL,           -- JSON, SegmentEntry[]
  PRIMARY KEY (video_id, rendition, chunk),
  FOREIGN KEY (video_id, rendition) REFERENCES renditions (video_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- Without it, finding segment 0 would walk back over every chunk of the rendition.
CREATE INDEX chunks_by_segment ON chunks (video_id, rendition, first_segment);

-- Videos whose row is gone and whose objects may not all be: a late writer can still add one, so a sweep looks again.
CREATE TABLE deletions (
  video_id TEXT PRIMARY KEY,
  since_ms INTEGER NOT NULL
) STRICT;
