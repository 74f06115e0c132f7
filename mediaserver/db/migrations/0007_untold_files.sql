-- Rows that were written and whose change nobody else has heard of yet. A crash in between must not
-- hide them for ever: to the next scan they are files like all others that did not change.
ALTER TABLE media_files ADD COLUMN untold INTEGER NOT NULL DEFAULT 0;
CREATE INDEX media_files_untold ON media_files (library_id) WHERE untold = 1;
