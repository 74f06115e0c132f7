"""Previews of new films, made in idle time: the job ``trickplay``.

Newest films first, and of every film its first minutes before the rest of any. What lies in the
cache is not made again, so a job that was cut off by a restart carries on; a full cache ends it,
because more would only push out what was made before.
"""

from mediaserver.errors import MediaServerError
from mediaserver.jobs import RunningJob
from mediaserver.library import LibraryStore, MediaFile
from mediaserver.streaming.delivery import Delivery, Opened
from mediaserver.streaming.trickplay import Trickplay

_FULL = 0.95


class PreviewsAhead:
    """``cap_bytes``: of the cache of previews; 0 makes nothing ahead."""

    def __init__(
        self, library: LibraryStore, delivery: Delivery, trickplay: Trickplay, cap_bytes: int
    ) -> None:
        self._library = library
        self._delivery = delivery
        self._trickplay = trickplay
        self._cap_bytes = cap_bytes

    async def fill_in(self, job: RunningJob) -> None:
        """A film whose previews cannot be made has none and stops nothing."""
        counts = {"sheets": 0, "failed": 0}
        if not self._cap_bytes:
            return
        newest = await self._library.newest()
        for half, beginnings in enumerate((True, False)):
            for seen, file_id in enumerate(newest):
                try:
                    file = await self._library.file(file_id)
                    await job.report((half + seen / len(newest)) / 2, file.path, counts)
                    if not await self._make(job, file, counts, beginnings=beginnings):
                        return
                except MediaServerError:
                    counts["failed"] += beginnings
        await job.report(1.0, None, counts)

    async def _make(
        self, job: RunningJob, file: MediaFile, counts: dict[str, int], *, beginnings: bool
    ) -> bool:
        """False when there is no more room."""
        if file.info is None or not file.info.video:
            return True
        opened = await self._delivery.open(file)
        for sheet in self._missing(opened, beginnings=beginnings):
            if self._trickplay.kept_bytes >= _FULL * self._cap_bytes:
                return False
            if not await self._trickplay.make_ahead(opened, sheet, job.check):
                return False
            counts["sheets"] += 1
        return True

    def _missing(self, opened: Opened, *, beginnings: bool) -> list[int]:
        sheets = self._trickplay.sheets(opened)
        wanted = range(1) if beginnings else range(1, sheets)
        return [one for one in wanted if not self._trickplay.is_kept(opened, one)]
