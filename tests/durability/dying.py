"""Run as a process of its own: migrate copies of a database, each killed at another step.

``python -m tests.durability.dying FOLDER EVERY`` migrates ``FOLDER/before.db`` (absent: a first
start) and leaves ``FOLDER/N/a.db`` as a kill -9 at step N left it, for every ``EVERY``th step. A
step is a statement, a hundred instructions of SQLite inside one, or a page of the backup.
"""

import itertools
import os
import shutil
import signal
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mediaserver.db.backup
import mediaserver.db.migrate
from mediaserver.db.migrate import migrate


class Stepping(sqlite3.Connection):
    left = 0

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.set_trace_callback(lambda _: Stepping.step())
        self.set_progress_handler(Stepping.step, 100)

    @staticmethod
    def step() -> None:
        Stepping.left -= 1
        if not Stepping.left:
            os.kill(os.getpid(), signal.SIGKILL)

    def backup(self, target: sqlite3.Connection, **_: Any) -> None:
        super().backup(target, pages=1, progress=lambda *_: Stepping.step())


class _Sqlite3:
    """The module, whose connections count."""

    def __getattr__(self, name: str) -> Any:
        return getattr(sqlite3, name)

    def connect(self, *args: Any, **options: Any) -> Stepping:
        return Stepping(*args, **options)


def run(folder: Path, every: int) -> Iterator[int]:
    modules: list[Any] = [mediaserver.db.backup, mediaserver.db.migrate]
    for module in modules:
        module.sqlite3 = _Sqlite3()
    for doomed_at in itertools.count(1, every):
        path = folder / str(doomed_at) / "a.db"
        path.parent.mkdir()
        if (folder / "before.db").exists():
            shutil.copy(folder / "before.db", path)
        child = os.fork()
        if child == 0:
            Stepping.left = doomed_at
            migrate(path, suspicious=True)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.waitstatus_to_exitcode(status) == 0:
            return
        assert os.WTERMSIG(status) == signal.SIGKILL
        yield doomed_at


if __name__ == "__main__":
    print(len(list(run(Path(sys.argv[1]), int(sys.argv[2])))))
