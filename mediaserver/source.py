"""Opening a media file safely: the only place that opens media for reading.

Every byte of a media file is hostile, also in the household's own library. A playlist that calls
itself a film would read other files and, through a file object, even fetch URLs; a decoder nobody
needs is one more way in. So: only a regular file inside its root, reached without following a
link; only the containers and decoders listed here; no nested open of any kind; bounds on pictures,
streams and time. ``codec_whitelist`` in ``options=`` alone blocks nothing, and unknown options are
accepted silently, so ``prove_guards()`` shows at each start that the guards bite.

One thread owns a container from open to close. Copy what you need out of a ``Stream``: touching
one after the close ends the process.
"""

import errno
import io
import os
import stat
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import av
from av.codec import CodecContext
from av.container import InputContainer
from av.stream import Stream
from av.video.stream import VideoStream

from mediaserver.errors import Unplayable

MAX_PIXELS = 8192 * 4608
MAX_STREAMS = 64

CONTAINERS = (
    "mov matroska avi mpegts mpeg mpegvideo flv asf ogg rm mxf gxf ivf h264 hevc m4v vc1 obu dv nut"
    " wtv nsv aac ac3 eac3 dts mp3 flac wav sup"
)
"""Demuxers that may look at a file. Never one that opens others (hls, concat, dash, sdp, image2,
vobsub), nor a raw or game format that no household has."""

# Names of decoders, not of codecs: libdav1d, mp3float and msmpeg4 decode av1, mp3 and msmpeg4v3.
_VIDEO = (
    "h264 hevc vp8 vp9 libdav1d mpeg1video mpeg2video mpeg4 h263 flv msmpeg4v1 msmpeg4v2 msmpeg4"
    " wmv1 wmv2 wmv3 vc1 rv10 rv20 rv30 rv40 vp6 vp6f theora mjpeg dvvideo prores dnxhd cfhd ffv1"
    " huffyuv qtrle rawvideo cinepak svq1 svq3 indeo3 indeo5 msvideo1 camtasia"
)
_AUDIO = (
    "aac aac_latm ac3 eac3 dca truehd mlp mp1 mp2 mp3float flac opus vorbis alac wavpack"
    " pcm_u8 pcm_s8 pcm_s16le pcm_s16be pcm_s24le pcm_s24be pcm_s32le pcm_f32le pcm_alaw pcm_mulaw"
    " pcm_bluray pcm_dvd wmav1 wmav2 wmapro wmavoice cook sipr real_144 real_288 amrnb amrwb"
    " nellymoser speex adpcm_ms adpcm_ima_wav adpcm_ima_qt adpcm_swf"
)
_SUBTITLES = "ass ssa srt subrip webvtt mov_text text pgssub dvdsub dvbsub xsub"
DECODERS = frozenset(f"{_VIDEO} {_AUDIO} {_SUBTITLES}".split())

LEFT_OUT = {
    "vmnc": "screen recordings of virtual machines, not films",
    "vvc": "no camera, disc or broadcaster in homes uses it yet, and its decoder is young",
    "sgirle": "a workstation format of the nineties",
}
"""Codecs that somebody may miss, and why they are not decoded here."""

_FAST = {"skip_frame": "all", "fpsprobesize": "0", "analyzeduration": "1"}
_LIMITS = {
    "format_whitelist": CONTAINERS.replace(" ", ","),
    "codec_whitelist": ",".join(sorted(DECODERS)),
    "protocol_whitelist": "none",
    "max_streams": str(MAX_STREAMS),
    "probesize": "5000000",
}
_CODEC_LIMITS = {
    "codec_whitelist": ",".join(sorted(DECODERS)),
    "max_pixels": str(MAX_PIXELS),
}
_OPEN_SECONDS, _READ_SECONDS = 20.0, 20.0
_BUFFER, _FAST_BUFFER = 1 << 17, 1 << 15
_BY_COMPONENT = os.open in os.supports_dir_fd


class ReadingStopped(Exception):
    """Somebody cancelled, or the time given for the file was over (``too_slow``)."""

    def __init__(self, *, too_slow: bool = False) -> None:
        super().__init__("too slow" if too_slow else "cancelled")
        self.too_slow = too_slow


@contextmanager
def open_media(
    path: Path,
    root: Path,
    *,
    fast: bool = False,
    cancelled: Callable[[], bool] | None = None,
    seconds: float | None = None,
) -> Iterator[InputContainer]:
    """An open container, guarded; every decoder in it carries the limits already.

    ``fast`` reads little more than the header: sizes, pixel formats or whole streams may lack.
    ``cancelled`` is asked at each read, ``seconds`` bounds the whole visit; both end in
    ReadingStopped. A demuxer may take that for the end of the file, so it is raised again at the
    end of the block: treat nothing as complete before.
    """
    descriptor = open_inside(path, root)
    reader = _Reader(descriptor, cancelled, seconds)
    try:
        container = _open(reader, fast=fast)
        try:
            yield container
        except (av.FFmpegError, OSError) as err:
            reader.raise_if_stopped(err)
            if isinstance(err, av.FFmpegError):
                raise Unplayable("The file is damaged.", code="damaged") from err
            if err is reader.fault:
                raise _unreadable(err) from err
            raise
        finally:
            container.close()
        reader.raise_if_stopped(None)
    finally:
        os.close(descriptor)


def open_inside(path: Path, root: Path) -> int:
    """A descriptor of the regular file at ``path``, whose links all stay inside ``root``.

    The resolved path is opened component by component without following a link, so what was
    checked is what is opened, whatever is renamed meanwhile.
    """
    try:
        inside = path.resolve(strict=True)
        home = root.resolve(strict=True)
        if not inside.is_relative_to(home):
            raise Unplayable("The file lies outside its library folder.", code="outside_root")
        descriptor = _descend(home, inside)
    except OSError as err:
        raise _unreadable(err) from err
    except (ValueError, RuntimeError) as err:  # a NUL in the name; a loop of links before 3.13
        raise Unplayable("The path leads nowhere.", code="vanished") from err
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Unplayable("This is not a regular file.", code="not_a_file")
    return descriptor


def why_undecodable(stream: Stream) -> str | None:
    """In words for a person, why no decoder here takes ``stream``; None when one does."""
    context: CodecContext | None = stream.codec_context
    if context is None:
        return "its codec is unknown, or nothing here decodes it"
    name = context.codec.canonical_name
    if name in LEFT_OUT:
        return f"{name} is left out on purpose: {LEFT_OUT[name]}"
    if context.name not in DECODERS:
        return f"{name} is left out on purpose: rare in homes, and each decoder is a way in"
    return None


class _Reader:
    """The file as libav sees it: nameless, so that content alone decides what it is."""

    def __init__(
        self, descriptor: int, cancelled: Callable[[], bool] | None, seconds: float | None
    ) -> None:
        self._descriptor = descriptor
        self._cancelled = cancelled
        self._until = None if seconds is None else time.monotonic() + seconds
        self._stopped: ReadingStopped | None = None
        self.fault: OSError | None = None

    def read(self, size: int) -> bytes:
        if self._stopped is not None:
            return b""  # a demuxer tries again; PyAV prints a traceback for a second exception
        if self._cancelled is not None and self._cancelled():
            self._stopped = ReadingStopped()
        elif self._until is not None and time.monotonic() > self._until:
            self._stopped = ReadingStopped(too_slow=True)
        if self._stopped is not None:
            raise self._stopped
        try:
            return os.read(self._descriptor, size)
        except OSError as err:
            self.fault = err
            raise

    def seek(self, offset: int, whence: int) -> int:
        try:
            return os.lseek(self._descriptor, offset, whence)
        except OSError as err:
            return -(err.errno or errno.EIO)  # a damaged header asks for a place before the start

    def tell(self) -> int:
        return os.lseek(self._descriptor, 0, os.SEEK_CUR)

    def raise_if_stopped(self, cause: BaseException | None) -> None:
        if self._stopped is not None:
            raise self._stopped from cause


def _open(reader: _Reader, *, fast: bool) -> InputContainer:
    try:
        container = _guarded(reader, fast=fast)
    except av.FFmpegError as err:
        reader.raise_if_stopped(err)
        raise _refusal(err) from err
    except OSError as err:
        raise _unreadable(err) from err
    return container


def _guarded(file: object, *, fast: bool, limits: dict[str, str] | None = None) -> InputContainer:
    """``file`` opened by libav behind every guard; raises what libav raises."""
    options = {**(limits or _LIMITS), "max_pixels": str(MAX_PIXELS), **(_FAST if fast else {})}
    container = av.open(
        file,
        mode="r",
        options=options,
        metadata_errors="surrogateescape",
        buffer_size=_FAST_BUFFER if fast else _BUFFER,
        timeout=(_OPEN_SECONDS, _READ_SECONDS),
        io_open=_refuse_nested,
    )
    for stream in container.streams:
        if stream.codec_context is not None:
            stream.codec_context.options = dict(_CODEC_LIMITS)
    return container


def _refuse_nested(url: str, flags: int, options: dict[str, str]) -> object:
    del url, flags, options
    raise PermissionError(errno.EACCES, "a media file may not open another file")


def _descend(home: Path, inside: Path) -> int:
    flags = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    last = flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    if not _BY_COMPONENT:
        return os.open(inside, last)
    folder = os.open(home, flags | os.O_DIRECTORY)
    try:
        *folders, name = inside.relative_to(home).parts or (".",)
        for part in folders:
            below = os.open(part, flags | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
            os.close(folder)
            folder = below
        return os.open(name, last, dir_fd=folder)
    finally:
        os.close(folder)


def _unreadable(err: OSError) -> Unplayable:
    if err.errno in {errno.ENOENT, errno.ENOTDIR}:
        return Unplayable("The file is not there any more.", code="vanished")
    if err.errno == errno.ELOOP:
        return Unplayable("The file was replaced by a link.", code="outside_root")
    if err.errno == errno.ENXIO:
        return Unplayable("This is not a regular file.", code="not_a_file")
    if err.errno in {errno.EACCES, errno.EPERM}:
        return Unplayable("The server may not read the file.", code="unreadable")
    return Unplayable(f"The disk cannot read the file ({err.strerror}).", code="unreadable")


def _refusal(err: av.FFmpegError) -> Unplayable:
    if isinstance(err, av.error.ExitError):
        return Unplayable("Reading the file took too long.", code="too_slow")
    if isinstance(err, (av.error.ArgumentError, PermissionError)):
        return Unplayable(
            "The file is of a kind that is never opened: a playlist, or a rare container.",
            code="forbidden_format",
        )
    if isinstance(err, OSError) and not isinstance(err, ValueError):
        return Unplayable("The disk cannot read the file.", code="unreadable")
    return Unplayable("No known kind of video file, or badly damaged.", code="unknown_format")


def prove_guards() -> list[str]:
    """What does *not* bite, in words; empty when every guard works (a few milliseconds)."""
    failures = []
    if _opens(_PLAYLIST):
        failures.append("a playlist was opened as media")
    if _opens(_SOUND):
        failures.append("a container outside the list was opened")
    film, foreign = _tiny("mpeg4"), _tiny("ffvhuff")
    if not _decodes(film):
        failures.append("an allowed film does not decode")
    if _decodes(foreign):
        failures.append("a decoder outside the list was opened")
    if _decodes(film, max_pixels="64"):
        failures.append("a picture above the limit was decoded")
    return failures


_PLAYLIST = b"ffconcat version 1.0\nfile canary.mkv\n"
_SOUND = b".snd" + struct.pack(">5I", 24, 64, 3, 8000, 1) + bytes(64)
"""A sound file that libav knows (Sun's .au) and that is not listed here."""


def _opens(data: bytes) -> bool:
    try:
        _guarded(io.BytesIO(data), fast=False).close()
    except (av.FFmpegError, OSError):
        return False
    return True


def _decodes(data: bytes, **limits: str) -> bool:
    container = _guarded(io.BytesIO(data), fast=True)
    try:
        container.streams.video[0].codec_context.options.update(limits)
        return any(True for _ in container.decode(video=0))
    except av.FFmpegError:
        return False
    finally:
        container.close()


def _tiny(codec: str) -> bytes:
    """A film of one small picture."""
    target = io.BytesIO()
    with av.open(target, mode="w", format="nut") as container:
        stream = cast(VideoStream, container.add_stream(codec, rate=25))
        stream.width, stream.height, stream.pix_fmt = 16, 16, "yuv420p"
        container.mux(stream.encode(av.VideoFrame(16, 16, "yuv420p")))
        container.mux(stream.encode(None))
    return target.getvalue()
