"""Which folders may become library roots: existing ones that overlap no other."""

from collections.abc import Sequence
from pathlib import Path

from mediaserver.errors import Conflict, Invalid


def checked_folders(paths: Sequence[str], taken: list[Path]) -> list[Path]:
    folders: list[Path] = []
    for path in paths:
        folder = _folder(path)
        _refuse_overlap(folder, taken + folders)
        folders.append(folder)
    return folders


def _folder(path: str) -> Path:
    folder = Path(path).expanduser()
    if "\x00" in path or not folder.is_absolute():
        raise Invalid(f"{path}: not an absolute path.", fields={"paths": "absolute paths"})
    if not _is_folder(folder):
        raise Invalid(f"{path}: there is no such folder.", fields={"paths": "existing folders"})
    return folder


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a name longer than any can be; a folder that may not be looked into
        return False


def _refuse_overlap(folder: Path, taken: Sequence[Path]) -> None:
    inside = folder.resolve()
    for other in taken:
        home = other.resolve()
        if inside.is_relative_to(home) or home.is_relative_to(inside):
            raise Conflict(
                f"{folder} overlaps {other}, which belongs to a library already.",
                code="folder_taken",
            )
