"""Pictures: hostile ones cost nothing, honest ones come out small, upright and always the same."""

import base64
import io
import struct
import time
import zlib
from collections.abc import AsyncIterator, Callable
from fractions import Fraction
from pathlib import Path

import pytest
from PIL import Image, ImageStat

from mediaserver.errors import NotFound, Unplayable
from mediaserver.library import ArtworkStore, PictureKind, probe
from mediaserver.library.artwork import WIDTHS, snap
from mediaserver.library.frames import GOOD, best_frame, judge
from mediaserver.library.tonemap import to_sdr
from tests.library.small_films import SHARED_MEDIA, Small, film, stripes


@pytest.fixture
async def artwork(tmp_path: Path) -> AsyncIterator[ArtworkStore]:
    async with ArtworkStore(tmp_path / "cache" / "artwork") as opened:
        yield opened


def picture(path: Path, size: tuple[int, int] = (1000, 1500), mode: str = "RGB") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.effect_noise(size, 60).convert(mode).save(path)
    return path


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data), formats=("WEBP",))
    image.load()
    return image


# ---- serving ------------------------------------------------------------------------------


async def test_a_poster_comes_as_webp_in_the_width_asked_for(
    artwork: ArtworkStore, tmp_path: Path
) -> None:
    picture(tmp_path / "poster.jpg")
    served = await artwork.image(tmp_path, "poster.jpg", PictureKind.POSTER, 240)
    assert served.media_type == "image/webp"
    assert opened(served.data).size == (240, 360)
    again = await artwork.image(tmp_path, "poster.jpg", PictureKind.POSTER, 240)
    assert again == served


async def test_a_changed_picture_gets_another_etag(artwork: ArtworkStore, tmp_path: Path) -> None:
    path = picture(tmp_path / "poster.png", (200, 300))
    first = await artwork.image(tmp_path, "poster.png", PictureKind.POSTER)
    facts = await artwork.facts(tmp_path, "poster.png", PictureKind.POSTER)
    picture(path, (300, 450))
    second = await artwork.image(tmp_path, "poster.png", PictureKind.POSTER)
    assert first.etag != second.etag
    changed = await artwork.facts(tmp_path, "poster.png", PictureKind.POSTER)
    assert facts.version != changed.version


@pytest.mark.parametrize(
    ("asked", "given"), [(1, 96), (96, 96), (97, 160), (700, 960), (10**9, 1920), (-5, 96)]
)
def test_widths_are_snapped_to_a_fixed_list(asked: int, given: int) -> None:
    assert snap(asked) == given
    assert given in WIDTHS


async def test_a_picture_is_never_enlarged(artwork: ArtworkStore, tmp_path: Path) -> None:
    picture(tmp_path / "small.jpg", (160, 90))
    served = await artwork.image(tmp_path, "small.jpg", PictureKind.BACKDROP, 10**9)
    assert opened(served.data).size == (160, 90)


async def test_a_still_is_cut_to_a_poster_and_a_poster_is_left_whole(
    artwork: ArtworkStore, tmp_path: Path
) -> None:
    picture(tmp_path / "still.jpg", (1600, 900))
    served = await artwork.image(tmp_path, "still.jpg", PictureKind.POSTER, 320)
    width, height = opened(served.data).size
    assert width / height == pytest.approx(2 / 3, abs=0.01)
    picture(tmp_path / "poster.jpg", (1000, 1426))
    served = await artwork.image(tmp_path, "poster.jpg", PictureKind.POSTER, 320)
    assert opened(served.data).size == (320, 456)


async def test_a_logo_keeps_its_transparency(artwork: ArtworkStore, tmp_path: Path) -> None:
    picture(tmp_path / "logo.png", (800, 200), "RGBA")
    Image.new("RGBA", (800, 200), (255, 0, 0, 0)).save(tmp_path / "logo.png")
    served = await artwork.image(tmp_path, "logo.png", PictureKind.LOGO, 320)
    assert opened(served.data).mode == "RGBA"


async def test_a_turned_photograph_stands_upright(artwork: ArtworkStore, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # Orientation: turn a quarter clockwise
    Image.effect_noise((300, 200), 60).save(tmp_path / "poster.jpg", exif=exif)
    served = await artwork.image(tmp_path, "poster.jpg", PictureKind.POSTER, 960)
    assert opened(served.data).size == (200, 300)


async def test_the_placeholder_is_a_tiny_picture(artwork: ArtworkStore, tmp_path: Path) -> None:
    picture(tmp_path / "poster.jpg")
    facts = await artwork.facts(tmp_path, "poster.jpg", PictureKind.POSTER)
    head, _, data = facts.placeholder.partition(",")
    assert head == "data:image/webp;base64"
    assert opened(base64.b64decode(data)).size == (16, 24)
    assert len(facts.placeholder) < 1000
    assert len(facts.version) == 8
    int(facts.version, 16)


@pytest.mark.parametrize("torn", [lambda b: b"", lambda b: bytes(len(b)), lambda b: b[:-600]])
async def test_a_picture_that_a_power_cut_tore_is_made_again(
    artwork: ArtworkStore, tmp_path: Path, torn: Callable[[bytes], bytes]
) -> None:
    picture(tmp_path / "poster.jpg", (600, 900))
    whole = await artwork.image(tmp_path, "poster.jpg", PictureKind.POSTER, 240)
    (kept,) = (tmp_path / "cache").rglob("*.webp")
    kept.write_bytes(torn(kept.read_bytes()))
    assert await artwork.image(tmp_path, "poster.jpg", PictureKind.POSTER, 240) == whole


async def test_the_cache_holds_whole_files_within_its_quota(tmp_path: Path) -> None:
    folder = tmp_path / "artwork"
    async with ArtworkStore(folder, quota=700_000) as artwork:
        for number in range(8):
            picture(tmp_path / f"{number}.png", (480, 720))
            await artwork.image(tmp_path, f"{number}.png", PictureKind.POSTER)
    kept = [path for path in folder.rglob("*") if path.is_file()]
    assert kept
    assert all(path.suffix == ".webp" for path in kept)
    assert sum(path.stat().st_size for path in kept) <= 700_000


# ---- hostile pictures ---------------------------------------------------------------------


def png_bomb(width: int, height: int) -> bytes:
    """All black, deflated: a few hundred kilobytes that want hundreds of megabytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        crc = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    packer = zlib.compressobj(9)
    row = bytes(width + 1)
    body = b"".join(packer.compress(row) for _ in range(min(height, 2000))) + packer.flush()
    ends = chunk(b"IDAT", body) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + ends


HOSTILE = {
    "bomb.png": png_bomb(13_300, 13_300),
    "huge.png": png_bomb(60_000, 60_000),
    "wide.gif": b"GIF89a" + struct.pack("<HH", 65535, 65535) + bytes(20),
    "vector.svg": b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
    "page.jpg": b"<html><script>alert(1)</script></html>",
    "vector.jpg": b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>",
    "postscript.jpg": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9999 9999\n",
    "bitmap.jpg": b"BM" + bytes(60),
    "broken.png": b"\x89PNG\r\n\x1a\n" + bytes(100),
    "short.webp": b"RIFF\x00\x00\x00\x00WEBPVP8 ",
    "nothing.jpg": b"",
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_picture_is_refused_at_once(
    name: str, artwork: ArtworkStore, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(HOSTILE[name])
    began = time.monotonic()
    for ask in (artwork.image, artwork.facts):
        with pytest.raises(NotFound) as caught:
            await ask(tmp_path, name, PictureKind.POSTER)
        assert caught.value.reason == "no_picture"
    assert time.monotonic() - began < 1


async def test_a_truncated_photograph_is_refused(artwork: ArtworkStore, tmp_path: Path) -> None:
    path = picture(tmp_path / "poster.jpg")
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(NotFound):
        await artwork.image(tmp_path, "poster.jpg", PictureKind.POSTER)


async def test_of_many_frames_only_the_first_is_read(artwork: ArtworkStore, tmp_path: Path) -> None:
    frames = [Image.new("L", (64, 96), shade % 256) for shade in range(500)]
    frames[0].save(tmp_path / "poster.gif", save_all=True, append_images=frames[1:])
    served = await artwork.image(tmp_path, "poster.gif", PictureKind.POSTER)
    image = opened(served.data)
    assert getattr(image, "n_frames", 1) == 1


async def test_pictures_outside_the_root_are_not_shown(
    artwork: ArtworkStore, tmp_path: Path
) -> None:
    root = tmp_path / "root"
    root.mkdir()
    picture(tmp_path / "secret.jpg")
    (root / "poster.jpg").symlink_to(tmp_path / "secret.jpg")
    for path in ("poster.jpg", "../secret.jpg", "gone.jpg"):
        with pytest.raises(NotFound):
            await artwork.image(root, path, PictureKind.POSTER)


# ---- frames -------------------------------------------------------------------------------


def clear_after_a_quarter(share: float) -> Image.Image:
    size = (320, 180)
    return stripes(size, share) if share >= 0.25 else Image.new("RGB", size)


def test_a_black_beginning_is_passed_over(tmp_path: Path) -> None:
    path = film(
        tmp_path / "a.mkv",
        Small(seconds=10, size=(320, 180), gop=5, draw=clear_after_a_quarter),
    )
    image = best_frame(path, tmp_path, probe(path, tmp_path))
    assert image.size == (320, 180)
    assert judge(image) >= GOOD
    assert judge(clear_after_a_quarter(0)) == 0


def test_a_film_that_is_black_all_through_still_has_a_picture(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mkv", Small(draw=lambda _: Image.new("RGB", (64, 48))))
    assert best_frame(path, tmp_path, probe(path, tmp_path)).size == (64, 48)


def half_red(share: float) -> Image.Image:
    """Red on the left, blue on the right, noise so that it has edges."""
    del share
    image = Image.effect_noise((128, 64), 30).convert("RGB")
    image.paste((200, 20, 20), (0, 0, 64, 64))
    image.paste((20, 20, 200), (64, 0, 128, 64))
    return image


def redness(image: Image.Image, box: tuple[int, int, int, int]) -> float:
    red, _, blue = ImageStat.Stat(image.crop(box)).mean
    return red - blue


def test_a_film_on_its_side_stands_up(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", Small(size=(128, 64), rotation=-90, draw=half_red))
    image = best_frame(path, tmp_path, probe(path, tmp_path))
    assert image.size == (64, 128)
    assert redness(image, (0, 0, 64, 56)) > 100, "left becomes top when turned clockwise"
    assert redness(image, (0, 72, 64, 128)) < -100


def test_a_mirrored_film_is_mirrored_back(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", Small(size=(128, 64), mirrored=True, draw=half_red))
    image = best_frame(path, tmp_path, probe(path, tmp_path))
    assert redness(image, (72, 0, 128, 64)) > 100


def test_pixels_become_square(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mkv", Small(size=(72, 64), sample_aspect=Fraction(16, 9)))
    assert best_frame(path, tmp_path, probe(path, tmp_path)).size == (128, 64)


@pytest.mark.parametrize("transfer", ["smpte2084", "arib-std-b67"])
def test_hdr_light_is_brought_into_the_range_of_ordinary_screens(transfer: str) -> None:
    ramp = Image.merge("RGB", [Image.linear_gradient("L")] * 3)
    mapped = list(to_sdr(ramp, transfer).convert("L").crop((0, 0, 1, 256)).tobytes())
    assert mapped == sorted(mapped)
    assert mapped[0] == 0
    assert mapped[-1] == 255
    white = 148 if transfer == "smpte2084" else 191  # reference white, BT.2408
    assert 150 < mapped[white] < 230


@pytest.mark.skipif(not SHARED_MEDIA.is_dir(), reason="shared media are not beside the repository")
@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("hdr10-video-with-sdr-container.mp4", (1280, 720)),
        ("with-gps.mov", (320, 568)),
        ("block_ends_beyond_cluster.mkv", (576, 432)),
        ("coolitnow-partial.mp4", (640, 480)),
    ],
)
def test_real_films_yield_a_picture(name: str, size: tuple[int, int]) -> None:
    path = SHARED_MEDIA / name
    assert best_frame(path, SHARED_MEDIA, probe(path, SHARED_MEDIA)).size == size


async def test_a_generated_still_is_kept_and_served(artwork: ArtworkStore, tmp_path: Path) -> None:
    path = film(tmp_path / "films" / "a.mkv", Small(size=(320, 180), draw=clear_after_a_quarter))
    info = probe(path, path.parent)
    name = await artwork.generate(path, path.parent, info)
    assert await artwork.generate(path, path.parent, info) == name
    served = await artwork.image(None, name, PictureKind.THUMB, 240)
    assert opened(served.data).size == (240, 135)


async def test_a_film_without_a_picture_has_no_still(artwork: ArtworkStore, tmp_path: Path) -> None:
    path = film(tmp_path / "a.mkv")
    info = probe(path, tmp_path)
    path.write_bytes(b"gone bad" * 100)
    with pytest.raises(Unplayable):
        await artwork.generate(path, tmp_path, info)
