"""P14: the CPU of a preview, against one picture every ten seconds by the ffmpeg command line.

Once by decoding all, once with ``-skip_frame nokey``; both scale to the same sprites. Ours is the
making of a sheet, its JPEG included. Another part counts short groups of pictures: there the
command line decodes keyframes that no preview shows.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from mediaserver.ids import FileId
from mediaserver.library import probe
from mediaserver.streaming.models import Source
from mediaserver.streaming.plan import make_plan
from mediaserver.streaming.thumbnails import Order, layout_of, make_sheet
from tests.bench.films import film
from tests.bench.measure import Cost, Line, command, here, interleaved

NEEDS = ("ffmpeg",)
N = 3
_SPRITE = "fps=1/10,scale=320:180:flags=bilinear,tile=10x10"


def measure() -> Iterator[Line]:
    for gop, words in ((50, "keyframes every 2 s"), (250, "keyframes every 10 s")):
        path = film("mkv", minutes=5, gop=gop)
        found = interleaved(
            {
                "ours": partial(here, partial(_sheet, path)),
                "all": partial(_command, path),
                "nokey": partial(_command, path, "-skip_frame", "nokey"),
            },
            N,
        )
        pictures = _order(path).layout.count
        ours = found["ours"].cpu
        note = f"{1000 * ours / pictures:.2g} ms CPU a picture, n={N}"
        yield Line("P14", f"{words}, full decode", ours / found["all"].cpu, 0.03, note=note)
        yield Line("P14", f"{words}, -skip_frame nokey", ours / found["nokey"].cpu, 0.4, note=note)


def _order(path: Path) -> Order:
    stat = path.stat()
    info = probe(path, path.parent)
    source = Source(FileId("a"), str(path.parent), str(path), stat.st_size, stat.st_mtime_ns)
    plan = make_plan(source, info, lambda: None)
    return Order(source, info, plan, layout_of(info, plan), 0)


def _sheet(path: Path) -> bytes:
    return make_sheet(_order(path), lambda: None)


def _command(path: Path, *options: str) -> Cost:
    return command(
        "ffmpeg", "-v", "error", "-threads", "1", *options, "-i", path, "-an", "-vf", _SPRITE,
        "-frames:v", "1", "-f", "mjpeg", "-q:v", "4", "-y", "/dev/null",
    )  # fmt: skip
