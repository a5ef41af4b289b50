-- Why the source is not played as it is, in a sentence; NULL while that is not known, or when it is played.
ALTER TABLE videos ADD COLUMN source_note TEXT;
