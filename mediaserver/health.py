"""What works here and what does not, each fault with its remedy.

For: ``mediaserver doctor`` and ``GET /api/admin/health``. It looks and changes nothing.
"""

import asyncio
import os
import platform
import shutil
from importlib import metadata
from pathlib import Path

import msgspec

from mediaserver import __version__
from mediaserver.db import Database
from mediaserver.library import LibraryStore, RootState
from mediaserver.source import prove_guards

LEAST_FREE = 2 << 30
_NETWORK_FILE_SYSTEMS = {"nfs", "nfs4", "cifs", "smb3", "fuse.sshfs"}
_PACKAGES = ("aiohttp", "av", "msgspec", "pillow", "bcrypt")


class Check(msgspec.Struct, frozen=True):
    """``remedy`` says what to do about a fault, and is empty when all is well."""

    name: str
    ok: bool
    detail: str
    remedy: str = ""


class Report(msgspec.Struct, frozen=True):
    status: str
    """"ok", or "problems" when a check failed."""
    versions: dict[str, str]
    checks: list[Check]


class Health:
    """``folders`` are the storage folders whose disks must not fill up."""

    def __init__(self, db: Database, library: LibraryStore, folders: list[Path]) -> None:
        self._db = db
        self._library = library
        self._folders = folders

    async def report(self) -> Report:
        checks = [
            *await asyncio.to_thread(self._machine),
            await self._database(),
            *await self._libraries(),
        ]
        status = "ok" if all(check.ok for check in checks) else "problems"
        return Report(status, _versions(), checks)

    def _machine(self) -> list[Check]:
        return [_guards(), _user(), *(_disk(folder) for folder in self._folders)]

    async def _database(self) -> Check:
        verdict = await self._db.slow.value("PRAGMA quick_check(1)")
        kind = await asyncio.to_thread(_file_system, self._folders[0])
        if verdict != "ok":
            remedy = "Stop the server and put the newest file of data/backups in its place."
            return Check("database", ok=False, detail=f"damaged: {verdict}", remedy=remedy)
        if kind in _NETWORK_FILE_SYSTEMS:
            remedy = "Put storage.root on a disk of this machine; films may stay on the network."
            return Check("database", ok=False, detail=f"on a network disk ({kind})", remedy=remedy)
        return Check("database", ok=True, detail="sound")

    async def _libraries(self) -> list[Check]:
        checks = []
        for library in await self._library.libraries():
            name = f"library {library.name}"
            away = [root.path for root in library.roots if root.state is RootState.AWAY]
            failed = len(await self._library.failures(library.id))
            if away:
                remedy = "Connect the disk and scan again. Nothing was forgotten."
                detail = f"away: {', '.join(away)}"
                checks.append(
                    Check(f"library {library.name}", ok=False, detail=detail, remedy=remedy)
                )
                continue
            detail = f"present, {failed} of its files cannot be played" if failed else "present"
            checks.append(Check(name, ok=True, detail=detail))
        return checks


def _versions() -> dict[str, str]:
    found = {"mediaserver": __version__, "python": platform.python_version()}
    return found | {name: metadata.version(name) for name in _PACKAGES}


def _guards() -> Check:
    failures = prove_guards()
    if not failures:
        return Check("media guards", ok=True, detail="hostile files are refused")
    remedy = "Install the version of av that this program asks for."
    return Check("media guards", ok=False, detail="; ".join(failures), remedy=remedy)


def _user() -> Check:
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        remedy = "Run it as a user of its own; packaging/mediaserver.service shows how."
        return Check("user", ok=False, detail="running as root", remedy=remedy)
    return Check("user", ok=True, detail="not root")


def _disk(folder: Path) -> Check:
    usage = shutil.disk_usage(folder)
    name, free = f"disk of {folder.name}/", f"{usage.free / 1e9:.1f} GB free"
    if usage.free < max(LEAST_FREE, usage.total // 20):
        return Check(name, ok=False, detail=free, remedy="Free some space, or move storage.root.")
    return Check(name, ok=True, detail=free)


def _file_system(folder: Path) -> str:
    """Its type by the longest mount point above it; empty where /proc/mounts is missing."""
    try:
        mounts = [line.split() for line in Path("/proc/mounts").read_text("utf-8").splitlines()]
    except OSError:
        return ""
    above = [(len(mount[1]), mount[2]) for mount in mounts if folder.is_relative_to(mount[1])]
    return max(above, default=(0, ""))[1]
