"""Work that survives a restart, with progress anyone can follow.

For: queueing, running, cancelling and following jobs. Not for: the work itself, which a room
hands in as a function.
"""

from mediaserver.jobs.models import Job, JobState
from mediaserver.jobs.runner import JobCancelled, JobHandler, Jobs, RunningJob
from mediaserver.jobs.store import JobStore

__all__ = ["Job", "JobCancelled", "JobHandler", "JobState", "JobStore", "Jobs", "RunningJob"]
