-- Beside the one that runs, one more of the same kind and subject may wait.
DROP INDEX jobs_one_alive;
CREATE UNIQUE INDEX jobs_one_queued ON jobs (kind, coalesce(subject, '')) WHERE state = 'queued';
CREATE UNIQUE INDEX jobs_one_running ON jobs (kind, coalesce(subject, '')) WHERE state = 'running';
