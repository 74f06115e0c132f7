"""Work that survives a restart, with progress anyone can follow.

For: queueing, running, cancelling and following jobs. Not for: the work itself, which a room
hands in as a function.
"""

from mediaserver.jobs.models import Job, JobState

__all__ = ["Job", "JobState"]
