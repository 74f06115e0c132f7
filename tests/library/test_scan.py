"""Scanning: nothing read twice, nothing lost when a disk is away, one bad file stops nothing."""

import asyncio
import os
import shutil
import threading
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from mediaserver.config import Scan
from mediaserver.db import open_database
from mediaserver.errors import Conflict, Invalid
from mediaserver.library import (
    FileState,
    Library,
    LibraryKind,
    LibraryStore,
    MediaFile,
    RootState,
    Scanner,
    ScanSummary,
)
from mediaserver.library.store import BATCH
from mediaserver.library.walk import walk
from tests.library.small_films import Small, film

NOW = Scan(settle_seconds=0, workers=2)


class Desk:
    """A library on a disk, a scanner, and what the scanner reported."""

    def __init__(self, store: LibraryStore, library: Library, root: Path) -> None:
        self.store, self.library, self.root = store, library, root
        self.batches: list[list[MediaFile]] = []
        self.scanner = self.with_config(NOW)

    def with_config(self, config: Scan) -> Scanner:
        return Scanner(self.store, config, on_change=self._note)

    async def _note(self, library: Library, files: Sequence[MediaFile]) -> None:
        assert library.id == self.library.id
        self.batches.append(list(files))

    async def scan(self, *, dry_run: bool = False, accept_missing: bool = False) -> ScanSummary:
        self.batches.clear()
        return await self.scanner.scan(
            self.library.id, dry_run=dry_run, accept_missing=accept_missing
        )

    @property
    def reported(self) -> dict[str, MediaFile]:
        return {file.path: file for batch in self.batches for file in batch}

    async def files(self) -> dict[str, MediaFile]:
        (root,) = await self.store.known_roots(self.library.id)
        known = await self.store.known_files(root.id)
        return {file.path: file for file in await self.store.files([row.id for row in known])}


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[LibraryStore]:
    async with open_database(tmp_path / "test.db") as db:
        yield LibraryStore(db)


@pytest.fixture
async def desk(store: LibraryStore, tmp_path: Path) -> Desk:
    root = tmp_path / "films"
    root.mkdir()
    library = await store.add("Films", LibraryKind.HOMEVIDEOS, [str(root)])
    return Desk(store, library, root)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return film(tmp_path_factory.mktemp("template") / "template.mkv", Small(seconds=0.5))


def fill(root: Path, template: Path, count: int) -> list[Path]:
    """``count`` films, each with a time of its own, an hour old."""
    paths = [root / f"film {number:03d}.mkv" for number in range(count)]
    for number, path in enumerate(paths):
        shutil.copyfile(template, path)
        stamp = time.time() - 3600 - number
        os.utime(path, (stamp, stamp))
    return paths


async def test_a_first_scan_reads_every_film_and_a_second_none(desk: Desk, template: Path) -> None:
    fill(desk.root, template, 5)
    first = await desk.scan()
    assert (first.seen, first.new, first.reopened, first.failed) == (5, 5, 5, 0)
    assert len(desk.reported) == 5
    files = await desk.files()
    assert all(f.state is FileState.OK and f.info and f.info.video for f in files.values())
    second = await desk.scan()
    assert (second.seen, second.unchanged, second.reopened) == (5, 5, 0)
    assert desk.batches == []


async def test_a_changed_film_is_read_again_and_keeps_its_id(desk: Desk, template: Path) -> None:
    path = fill(desk.root, template, 3)[1]
    await desk.scan()
    before = (await desk.files())[path.name]
    film(path, Small(seconds=2))
    summary = await desk.scan()
    assert (summary.changed, summary.reopened, summary.unchanged) == (1, 1, 2)
    after = desk.reported[path.name]
    assert (after.id, after.added_at) == (before.id, before.added_at)
    assert after.info is not None
    assert after.info.duration == pytest.approx(2.0, abs=0.2)


async def test_a_bad_file_is_recorded_with_its_reason_and_stops_nothing(
    desk: Desk, template: Path
) -> None:
    fill(desk.root, template, 2)
    (desk.root / "bad.mkv").write_bytes(b"this is no film" * 100)
    (desk.root / "image.iso").write_bytes(b"disc" * 100)
    summary = await desk.scan()
    assert (summary.new, summary.failed, summary.reopened) == (4, 2, 3)
    failures = {file.path: file for file in await desk.store.failures(desk.library.id)}
    assert failures["bad.mkv"].reason_code == "unknown_format"
    assert failures["bad.mkv"].reason
    assert failures["image.iso"].reason_code == "never_opened"
    again = await desk.scan()
    assert (again.reopened, again.unchanged) == (0, 4)


async def test_a_failure_that_may_pass_is_tried_again(desk: Desk, template: Path) -> None:
    fill(desk.root, template, 1)
    hasty = desk.with_config(Scan(settle_seconds=0, probe_timeout=1e-9))
    summary = await hasty.scan(desk.library.id)
    assert summary.failed == 1
    assert (await desk.files())["film 000.mkv"].reason_code == "too_slow"
    assert (await desk.scan()).reopened == 1
    assert (await desk.files())["film 000.mkv"].state is FileState.OK


async def test_an_empty_file_waits(desk: Desk, template: Path) -> None:
    (desk.root / "coming.mkv").touch()
    summary = await desk.scan()
    assert (summary.waiting, summary.new) == (1, 0)
    assert await desk.files() == {}
    shutil.copyfile(template, desk.root / "coming.mkv")
    assert (await desk.scan()).new == 1


async def test_a_fresh_file_is_read_once_it_has_settled(desk: Desk, template: Path) -> None:
    old, new = fill(desk.root, template, 2)
    os.utime(new)
    began = time.monotonic()
    summary = await desk.with_config(Scan(settle_seconds=0.5)).scan(desk.library.id)
    assert 0.3 < time.monotonic() - began < 5
    assert (summary.reopened, summary.waiting) == (2, 0)
    assert old.name in desk.reported


async def test_a_file_that_still_grows_is_left_for_the_next_scan(
    desk: Desk, template: Path
) -> None:
    (path,) = fill(desk.root, template, 1)
    copying = threading.Event()

    def grow() -> None:
        with path.open("ab") as file:
            while not copying.wait(0.05):
                file.write(bytes(100))
                file.flush()

    thread = threading.Thread(target=grow)
    thread.start()
    try:
        await asyncio.sleep(0.1)
        summary = await desk.with_config(Scan(settle_seconds=0.4)).scan(desk.library.id)
    finally:
        copying.set()
        thread.join()
    assert (summary.waiting, summary.reopened) == (1, 0)
    assert await desk.files() == {}
    assert (await desk.scan()).reopened == 1


async def test_a_vanished_root_makes_its_films_away_and_back_again_unread(
    desk: Desk, template: Path
) -> None:
    fill(desk.root, template, 4)
    await desk.scan()
    desk.root.rename(desk.root.with_name("unplugged"))
    gone = await desk.scan()
    assert (gone.away, gone.missing) == (4, 0)
    assert {f.state for f in desk.reported.values()} == {FileState.AWAY}
    assert (await desk.store.libraries())[0].roots[0].state is RootState.AWAY
    desk.root.with_name("unplugged").rename(desk.root)
    back = await desk.scan()
    assert (back.back, back.reopened, back.away) == (4, 0, 0)
    assert {f.state for f in desk.reported.values()} == {FileState.OK}
    assert (await desk.store.libraries())[0].roots[0].state is RootState.PRESENT


async def test_a_mount_point_without_its_disk_loses_nothing(desk: Desk, template: Path) -> None:
    """The folder is there, empty: what a missing mount looks like."""
    fill(desk.root, template, 3)
    await desk.scan()
    desk.root.rename(desk.root.with_name("unplugged"))
    desk.root.mkdir()
    for _ in range(2):
        summary = await desk.scan()
        assert (summary.away, summary.missing) == (3, 0)
        assert summary.notes
    assert {f.state for f in (await desk.files()).values()} == {FileState.AWAY}
    shutil.rmtree(desk.root)
    desk.root.with_name("unplugged").rename(desk.root)
    assert (await desk.scan()).reopened == 0
    assert {f.state for f in (await desk.files()).values()} == {FileState.OK}


async def test_a_deleted_film_is_missing_and_its_row_stays(desk: Desk, template: Path) -> None:
    paths = fill(desk.root, template, 5)
    await desk.scan()
    aside = paths[0].rename(desk.root.with_name("aside.mkv"))
    summary = await desk.scan()
    assert (summary.missing, summary.away) == (1, 0)
    assert desk.reported[paths[0].name].state is FileState.MISSING
    assert (await desk.scan()).reopened == 0
    aside.rename(paths[0])
    back = await desk.scan()
    assert (back.back, back.reopened) == (1, 0)


async def test_a_third_gone_at_once_is_held_until_a_person_confirms(
    desk: Desk, template: Path
) -> None:
    paths = fill(desk.root, template, 10)
    await desk.scan()
    for path in paths[:4]:
        path.unlink()
    for _ in range(2):
        held = await desk.scan()
        assert (held.away, held.missing) == (4, 0)
    confirmed = await desk.scan(accept_missing=True)
    assert (confirmed.away, confirmed.missing) == (0, 4)
    assert len(await desk.files()) == 10


async def test_an_unreadable_folder_makes_nothing_missing(
    desk: Desk, template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = desk.root / "locked"
    inner.mkdir()
    fill(inner, template, 2)
    fill(desk.root, template, 8)
    await desk.scan()
    scandir = os.scandir

    def refuse(path: Path) -> object:
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    summary = await desk.scan()
    assert (summary.missing, summary.away) == (0, 0)
    assert summary.notes == ("locked: Permission denied",)
    assert {f.state for f in (await desk.files()).values()} == {FileState.OK}


async def test_a_renamed_film_is_the_same_film(desk: Desk, template: Path) -> None:
    path = fill(desk.root, template, 4)[2]
    await desk.scan()
    before = (await desk.files())[path.name]
    (desk.root / "folder").mkdir()
    path.rename(desk.root / "folder" / "Better Name.mkv")
    summary = await desk.scan()
    assert (summary.moved, summary.reopened, summary.missing) == (1, 0, 0)
    after = desk.reported["folder/Better Name.mkv"]
    assert after.id == before.id
    assert after.identity.title == "Better Name"
    assert after.info == before.info


async def test_a_new_subtitle_file_changes_the_row_without_reading_the_film(
    desk: Desk, template: Path
) -> None:
    (path,) = fill(desk.root, template, 1)
    await desk.scan()
    path.with_suffix(".en.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nHello\n")
    summary = await desk.scan()
    assert summary.reopened == 0
    (track,) = desk.reported[path.name].external_subtitles
    assert (track.language, track.path) == ("eng", "film 000.en.srt")


async def test_links_are_followed_only_within_libraries(
    desk: Desk, store: LibraryStore, template: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    await store.add("Other", LibraryKind.HOMEVIDEOS, [str(other)])
    shutil.copyfile(template, other / "far.mkv")
    shutil.copyfile(template, tmp_path / "outside.mkv")
    (desk.root / "loop").symlink_to(desk.root)
    (desk.root / "far link.mkv").symlink_to(other / "far.mkv")
    (desk.root / "outside.mkv").symlink_to(tmp_path / "outside.mkv")
    (desk.root / "nowhere.mkv").symlink_to(desk.root / "nothing.mkv")
    fill(desk.root, template, 1)
    summary = await desk.scan()
    assert set(await desk.files()) == {"film 000.mkv", "far link.mkv"}
    assert summary.failed == 0
    assert any("a link out of the library" in note for note in summary.notes)
    linked = (await desk.files())["far link.mkv"]
    assert await store.absolute(linked) == (other, other / "far.mkv")


async def test_ignore_files_are_honoured(desk: Desk, template: Path) -> None:
    for name in ("seen", "skipped", "partly"):
        (desk.root / name).mkdir()
        fill(desk.root / name, template, 2)
    (desk.root / "skipped" / ".ignore").touch()
    (desk.root / "partly" / ".ignore").write_text("film 000.*\n")
    await desk.scan()
    assert set(await desk.files()) == {
        "partly/film 001.mkv", "seen/film 000.mkv", "seen/film 001.mkv",
    }  # fmt: skip


async def test_a_dry_run_writes_nothing(desk: Desk, template: Path) -> None:
    fill(desk.root, template, 3)
    summary = await desk.scan(dry_run=True)
    assert (summary.new, summary.reopened) == (3, 0)
    assert await desk.files() == {}
    assert desk.batches == []


async def test_a_scan_of_one_place_leaves_the_rest_alone(desk: Desk, template: Path) -> None:
    for name in ("a", "b"):
        (desk.root / name).mkdir()
        fill(desk.root / name, template, 2)
    await desk.scanner.scan(desk.library.id, paths=[desk.root / "a"])
    assert set(await desk.files()) == {"a/film 000.mkv", "a/film 001.mkv"}
    shutil.rmtree(desk.root / "a")
    await desk.scanner.scan(desk.library.id, paths=[desk.root / "b"])
    states = {path: file.state for path, file in (await desk.files()).items()}
    assert len(states) == 4
    assert set(states.values()) == {FileState.OK}


async def test_a_cancelled_scan_keeps_what_it_has_read(desk: Desk, template: Path) -> None:
    fill(desk.root, template, 30)

    class Enough(Exception):
        pass

    async def report(progress: float, current: str | None, counts: dict[str, int]) -> None:
        assert 0 <= progress <= 1
        if counts["reopened"] >= 10:
            raise Enough

    with pytest.raises(Enough):
        await desk.scanner.scan(desk.library.id, report)
    summary = await desk.scan()
    assert summary.seen == 30
    assert {f.state for f in (await desk.files()).values()} == {FileState.OK}


async def test_progress_ends_at_one_and_names_the_film(desk: Desk, template: Path) -> None:
    fill(desk.root, template, 4)
    told: list[tuple[float, str | None, dict[str, int]]] = []

    async def report(progress: float, current: str | None, counts: dict[str, int]) -> None:
        told.append((progress, current, dict(counts)))

    await desk.scanner.scan(desk.library.id, report)
    assert [p for p, _, _ in told] == sorted(p for p, _, _ in told)
    assert told[-1][0] == 1.0
    assert told[-1][2]["new"] == 4
    assert "film 003.mkv" in {current for _, current, _ in told}


async def test_rows_are_written_in_bounded_batches(desk: Desk, tmp_path: Path) -> None:
    for number in range(BATCH + 50):
        (desk.root / f"{number}.mkv").write_bytes(b"no film %d" % number)
    summary = await desk.scan()
    assert (summary.seen, summary.failed) == (BATCH + 50, BATCH + 50)
    assert max(len(batch) for batch in desk.batches) <= BATCH
    assert len(desk.reported) == BATCH + 50


def test_names_that_are_not_utf8_are_told_and_passed_over(tmp_path: Path) -> None:
    try:
        (tmp_path / os.fsdecode(b"caf\xe9.mkv")).touch()
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    (tmp_path / "café.mkv").touch()
    result = walk(tmp_path, [tmp_path])
    assert [found.path for found in result.files] == ["café.mkv"]
    assert result.complete
    assert "not UTF-8" in result.problems[0]


async def test_folders_that_overlap_are_refused(store: LibraryStore, tmp_path: Path) -> None:
    outer, inner = tmp_path / "films", tmp_path / "films" / "old"
    inner.mkdir(parents=True)
    await store.add("Films", LibraryKind.MOVIES, [str(outer)])
    with pytest.raises(Conflict):
        await store.add("Old", LibraryKind.MOVIES, [str(inner)])
    with pytest.raises(Conflict):
        await store.add("films", LibraryKind.MOVIES, [str(tmp_path)])
    with pytest.raises(Invalid):
        await store.add("Gone", LibraryKind.MOVIES, [str(tmp_path / "gone")])
    with pytest.raises(Invalid):
        await store.add("Relative", LibraryKind.MOVIES, ["films"])


async def test_removing_a_library_leaves_the_disk_alone(desk: Desk, template: Path) -> None:
    (path,) = fill(desk.root, template, 1)
    await desk.scan()
    await desk.store.remove(desk.library.id)
    assert await desk.store.libraries() == []
    assert path.is_file()


async def test_what_a_crash_kept_the_scanner_from_telling_is_told_by_the_next_scan(
    desk: Desk, template: Path
) -> None:
    """The row is written, the listener is not reached: to the disk nothing changed since."""

    async def dies(library: Library, files: Sequence[MediaFile]) -> None:
        raise ConnectionError

    for name in ("a.mkv", "b.mkv"):
        shutil.copy(template, desk.root / name)
    with pytest.raises(ConnectionError):
        await Scanner(desk.store, NOW, on_change=dies).scan(desk.library.id)
    summary = await desk.scan()
    assert set(desk.reported) == {"a.mkv", "b.mkv"}
    assert (summary.new, summary.reopened) == (0, 0)
    await desk.scan()
    assert not desk.reported

    (desk.root / "a.mkv").unlink()
    with pytest.raises(ConnectionError):
        await Scanner(desk.store, NOW, on_change=dies).scan(desk.library.id)
    await desk.scan()
    assert desk.reported["a.mkv"].state is FileState.MISSING
