"""Pictures for the browser: made small, made safe, made once.

Whatever lies beside a film or was taken from it is decoded within narrow limits (C26), encoded
anew as WebP so that no byte of a stranger's file reaches a browser, in one of a few widths (C27),
and kept below ``cache/artwork``; a file appears there whole or not at all. Everything in the cache
can be made again.
"""

import asyncio
import base64
import hashlib
import io
import os
import secrets
import struct
import warnings
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import msgspec
from PIL import Image, ImageOps, UnidentifiedImageError

from mediaserver.errors import NotFound, StorageFull, Unplayable
from mediaserver.library.frames import best_frame
from mediaserver.library.models import MediaInfo
from mediaserver.library.reading import be_nice
from mediaserver.source import open_inside

T = TypeVar("T")
WIDTHS = (96, 160, 240, 320, 480, 640, 960, 1280, 1920)
MAX_PIXELS = 40_000_000
MAX_BYTES = 32 << 20
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")
VERSION = 1

Image.MAX_IMAGE_PIXELS = MAX_PIXELS


class PictureKind(StrEnum):
    POSTER = "poster"
    BACKDROP = "backdrop"
    LOGO = "logo"
    THUMB = "thumb"


class _Shape(msgspec.Struct, frozen=True):
    """``aspect`` is width by height; None keeps the picture's own. ``tiny`` is the placeholder."""

    aspect: float | None
    width: int
    tiny: tuple[int, int]


_SHAPES = {
    PictureKind.POSTER: _Shape(2 / 3, 480, (16, 24)),
    PictureKind.THUMB: _Shape(16 / 9, 640, (24, 14)),
    PictureKind.BACKDROP: _Shape(16 / 9, 1280, (24, 14)),
    PictureKind.LOGO: _Shape(None, 480, (24, 14)),
}


class Picture(msgspec.Struct, frozen=True):
    """WebP bytes. ``etag`` changes when they may."""

    data: bytes
    etag: str
    media_type: str = "image/webp"


class PictureFacts(msgspec.Struct, frozen=True):
    """``version`` is eight hex digits that change with the file, ``placeholder`` a data: URL."""

    version: str
    placeholder: str


class ArtworkStore:
    """``folder`` is ``cache/artwork``. Inside ``async with`` it may be asked for pictures."""

    def __init__(self, folder: Path, quota: int = 2 << 30) -> None:
        self._folder = folder
        self._quota = quota
        self._used: int | None = None
        self._threads = ThreadPoolExecutor(2, "artwork", initializer=be_nice)
        self._making: dict[str, asyncio.Future[Picture]] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, err: BaseException | None, at: TracebackType | None
    ) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def image(
        self, root: Path | None, path: str, kind: PictureKind, width: int | None = None
    ) -> Picture:
        """The picture at ``path`` below ``root`` (None: one that this store generated).

        NotFound when it is gone or is no picture.
        """
        snapped = snap(width or _SHAPES[kind].width)
        return await self._once(
            f"{root}\0{path}\0{kind}\0{snapped}", lambda: self._image(root, path, kind, snapped)
        )

    async def facts(self, root: Path | None, path: str, kind: PictureKind) -> PictureFacts:
        """What a card needs before the picture itself."""
        return await self._in_thread(lambda: self._facts(root, path, kind))

    async def versions(self, pictures: Sequence[tuple[Path, str]]) -> list[str | None]:
        """The version of each (root, path), None for what is gone; nothing is decoded."""
        return await self._in_thread(lambda: [self._version(*picture) for picture in pictures])

    async def generate(self, path: Path, root: Path, info: MediaInfo) -> str:
        """Take a good frame of a film; the name under which ``image`` (without root) finds it."""
        return await self._in_thread(lambda: self._generate(path, root, info))

    # -- in a thread ------------------------------------------------------------------------

    def _image(self, root: Path | None, path: str, kind: PictureKind, width: int) -> Picture:
        source = _Source.open(root or self._folder, path)
        try:
            etag = source.key(f"{kind}:{width}")
            made = self._folder / "sized" / etag[:2] / f"{etag}.webp"
            kept = _read_whole(made)
            if kept is not None:
                return Picture(kept, etag)
            image = _shaped(_decoded(source.read(), width), kind, width)
            data = _webp(image)
        finally:
            source.close()
        try:
            self._publish(made, data + _checksum(data))
        except OSError:
            return Picture(data, etag)  # a full disk costs the cache, not the picture
        self._make_room(len(data))
        return Picture(data, etag)

    def _facts(self, root: Path | None, path: str, kind: PictureKind) -> PictureFacts:
        source = _Source.open(root or self._folder, path)
        try:
            image = _shaped(_decoded(source.read(), 96), kind, 96)
            version = source.key("version")[:8]
        finally:
            source.close()
        tiny = image.convert("RGBA" if _has_alpha(image) else "RGB").resize(_SHAPES[kind].tiny)
        encoded = base64.b64encode(_webp(tiny, quality=40)).decode()
        return PictureFacts(version, f"data:image/webp;base64,{encoded}")

    def _version(self, root: Path, path: str) -> str | None:
        try:
            source = _Source.open(root, path)
        except NotFound:
            return None
        source.close()
        return source.key("version")[:8]

    def _generate(self, path: Path, root: Path, info: MediaInfo) -> str:
        try:
            status = path.stat()
        except OSError as err:
            raise Unplayable("The file is not there any more.", code="vanished") from err
        made_of = f"{VERSION}\0{path}\0{status.st_size}\0{status.st_mtime_ns}"
        digest = hashlib.blake2s(made_of.encode("utf-8", "surrogateescape"), digest_size=16)
        name = f"stills/{digest.hexdigest()[:2]}/{digest.hexdigest()}.webp"
        if not (self._folder / name).is_file():
            still = _webp(best_frame(path, root, info), quality=86)
            try:
                self._publish(self._folder / name, still, sync=True)
            except OSError as err:
                raise StorageFull(f"A picture cannot be stored: {err.strerror}.") from err
        return name

    def _publish(self, target: Path, data: bytes, *, sync: bool = False) -> None:
        """All of it under a name of its own, then renamed: readers never see half a picture.

        In a power cut a name may outlive its bytes. ``sync`` prevents that; what is not worth the
        wait has a checksum instead.
        """
        target.parent.mkdir(parents=True, exist_ok=True)
        passing = target.with_name(f".{secrets.token_hex(8)}.tmp")
        try:
            with passing.open("xb") as file:
                file.write(data)
                if sync:
                    file.flush()
                    os.fsync(file.fileno())
            passing.replace(target)
        except OSError:
            passing.unlink(missing_ok=True)
            raise

    def _make_room(self, written: int) -> None:
        """Evict the oldest sized pictures once the quota is passed. Stills are kept."""
        if self._used is None:
            self._used = sum(size for _, size, _ in self._sized())
        else:
            self._used += written
        if self._used <= self._quota:
            return
        for _, size, path in sorted(self._sized()):
            path.unlink(missing_ok=True)
            self._used -= size
            if self._used <= self._quota * 0.8:
                return

    def _sized(self) -> list[tuple[float, int, Path]]:
        found = []
        for path in (self._folder / "sized").glob("*/*.webp"):
            status = path.stat()
            found.append((status.st_mtime, status.st_size, path))
        return found

    # -- on the loop ------------------------------------------------------------------------

    async def _once(self, key: str, make: Callable[[], Picture]) -> Picture:
        """Asked for twice at once, made once; one caller's leaving does not cancel it."""
        future = self._making.get(key)
        if future is None:
            future = asyncio.ensure_future(self._in_thread(make))
            self._making[key] = future
            future.add_done_callback(lambda _: self._making.pop(key, None))
        return await asyncio.shield(future)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


class _Source(msgspec.Struct, frozen=True):
    """An open picture file inside its root."""

    descriptor: int
    name: str
    size: int
    mtime_ns: int

    @classmethod
    def open(cls, root: Path, path: str) -> "_Source":
        try:
            descriptor = open_inside(root / path, root)
        except Unplayable as err:
            raise NotFound("The picture is not there any more.", code="no_picture") from err
        status = os.fstat(descriptor)
        return cls(descriptor, f"{root}\0{path}", status.st_size, status.st_mtime_ns)

    def key(self, purpose: str) -> str:
        made_of = f"{VERSION}\0{purpose}\0{self.name}\0{self.size}\0{self.mtime_ns}"
        encoded = made_of.encode("utf-8", "surrogateescape")
        return hashlib.blake2s(encoded, digest_size=16).hexdigest()

    def read(self) -> bytes:
        if not 0 < self.size <= MAX_BYTES:
            raise NotFound("The picture is empty or too large.", code="no_picture")
        data = bytearray()
        while len(data) < self.size:
            piece = os.read(self.descriptor, self.size - len(data))
            if not piece:
                break
            data += piece
        return bytes(data)

    def close(self) -> None:
        os.close(self.descriptor)


def _checksum(data: bytes) -> bytes:
    return zlib.crc32(data).to_bytes(4, "big")


def _read_whole(path: Path) -> bytes | None:
    """What was published with its checksum; None when it is not there as it was written."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    data = content[:-4]
    return data if content[-4:] == _checksum(data) and data else None


def snap(width: int) -> int:
    """The smallest width of the list that is not below ``width``, else the largest."""
    return next((one for one in WIDTHS if one >= width), WIDTHS[-1])


def _decoded(data: bytes, width: int) -> Image.Image:
    """The first frame, upright; JPEG is decoded no larger than needed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image: Image.Image = Image.open(io.BytesIO(data), formats=FORMATS)
            if image.width * image.height > MAX_PIXELS:
                raise NotFound("The picture is too large.", code="no_picture")
            image.draft("RGB", (width * 2, width * 2))
            image.load()
            return ImageOps.exif_transpose(image)
    except (
        UnidentifiedImageError,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
        OSError,
        EOFError,
        LookupError,
        ValueError,
        struct.error,
        SyntaxError,  # what Pillow's PNG reader calls a broken chunk
    ) as err:
        raise NotFound("The file is no picture that can be shown.", code="no_picture") from err


def _shaped(image: Image.Image, kind: PictureKind, width: int) -> Image.Image:
    """Cut to the kind's aspect when it is far from it, and never enlarged."""
    keep_alpha = kind is PictureKind.LOGO and _has_alpha(image)
    image = image.convert("RGBA" if keep_alpha else "RGB")
    aspect = _SHAPES[kind].aspect
    if aspect is not None and not 0.88 <= image.width / image.height / aspect <= 1.14:
        wide = min(image.width, round(image.height * aspect))
        high = min(image.height, round(image.width / aspect))
        left, top = (image.width - wide) // 2, (image.height - high) // 3
        image = image.crop((left, top, left + max(1, wide), top + max(1, high)))
    if image.width > width:
        high = max(1, round(image.height * width / image.width))
        image = image.resize((width, high), Image.Resampling.LANCZOS)
    if image.height > 3 * width:
        raise NotFound("The picture is a strip.", code="no_picture")
    return image


def _has_alpha(image: Image.Image) -> bool:
    return image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info


def _webp(image: Image.Image, quality: int = 80) -> bytes:
    target = io.BytesIO()
    image.save(target, "WEBP", quality=quality, method=4)
    return target.getvalue()
