"""The demo library's programme: which films and episodes there are, and how each is made.

Every film shows another pair of codecs and another container, so that a server can show all it does
with them: play as they are, repackage, convert sound, convert pictures.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from PIL import Image

from mediaserver.demo import sea as shore
from mediaserver.demo import sound, words
from mediaserver.demo.cut import Cut, Part, Subtitle
from mediaserver.demo.pictures import Lettering, Scene
from mediaserver.demo.reel import Picture, Piece, Sound
from mediaserver.demo.scenes import express, garden, moons

PAL, CINEMA, FILM, SMOOTH = Fraction(25), Fraction(24), Fraction(24000, 1001), Fraction(30)
CARD = 4
"""Seconds a title card stands."""
DARK = 0.25
"""Share of a card in which its picture comes up from black."""
AURORA = ((60, 230, 150), (150, 70, 200))
EMBER = ((200, 90, 170), (70, 200, 220))

X264 = {"preset": "veryfast", "crf": "23", "forced-idr": "1", "sc_threshold": "0"}
X265 = {
    "preset": "ultrafast", "crf": "24", "forced-idr": "1",
    "x265-params": "log-level=none:open-gop=0:scenecut=0",
}  # fmt: skip
VP9 = {
    "deadline": "realtime", "cpu-used": "8", "crf": "30", "lag-in-frames": "0",
    "auto-alt-ref": "0", "row-mt": "1",
}  # fmt: skip
# a bit reservoir would tie a packet to the ones before it, and the tune is cut and repeated
LAME = {"reservoir": "0"}


@dataclass(frozen=True)
class Shooting:
    """All that is drawn for one film, or for one show with its episodes."""

    picture: Picture
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class Film:
    """A film, its folder's name, and the words beside it; ``scripts`` become .srt files."""

    name: str
    plot: str
    genre: str
    cut: Cut
    shooting: Shooting
    scripts: dict[str, Sequence[words.Lines]]

    @property
    def suffix(self) -> str:
        return {"matroska": "mkv"}.get(self.cut.container, self.cut.container)


def times(parts: Sequence[Part], shooting: Shooting) -> list[tuple[str, float, float]]:
    """Title, start and end of each chapter in seconds."""
    long = {piece.name: piece.frames for piece in shooting.pieces}
    found, at = [], Fraction(0)
    for part in parts:
        end = at + sum(long[name] for name in part.order) / shooting.picture.fps
        found.append((part.title, float(at), float(end)))
        at = end
    return found


def loop(name: str, picture: Picture, seconds: float, scene: Scene, start: float = 0.0) -> Piece:
    frames = picture.frames(seconds)
    return Piece(name, frames, lambda k: scene((start + k / frames) % 1))


def card(name: str, picture: Picture, scene: Scene, texts: Sequence[str], share: float) -> Piece:
    """The beginning of a loop under a title that comes out of the dark; ``share`` of the loop."""
    frames = picture.frames(CARD)
    width, height = picture.canvas
    title = Lettering(
        picture.canvas,
        [
            (text, (width / 2, height * (0.38 + 0.12 * k)), height * (0.045 if k else 0.10))
            for k, text in enumerate(texts)
        ],
    )

    def paint(k: int) -> Image.Image:
        time = k / frames
        page = scene(time * share)
        title.put(page, max(0.0, min(1.0, time * 5 - 0.5, (1 - time) * 5)))
        if time < DARK:
            return Image.blend(Image.new("RGB", page.size), page, time / DARK)
        return page

    return Piece(name, frames, paint)


def clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def chaptered(
    picture: Picture, scenes: Sequence[tuple[str, Scene]], *, seconds: float, rounds: int
) -> tuple[tuple[Piece, ...], tuple[Part, ...]]:
    """Each scene becomes a chapter: a card with its title and time, then its loop in rounds."""
    pieces: list[Piece] = []
    parts = []
    frames = 0
    for title, scene in scenes:
        share = picture.frames(CARD) / picture.frames(seconds)
        head, body = f"{title} card", f"{title} loop"
        texts = (title, clock(float(frames / picture.fps)))
        pieces += [
            card(head, picture, scene, texts, share),
            loop(body, picture, seconds, scene, share),
        ]
        parts.append(Part(title, (head, *(body,) * rounds)))
        frames += pieces[-2].frames + rounds * pieces[-1].frames
    return tuple(pieces), tuple(parts)


def tide(*, draft: bool) -> Film:
    picture = Picture("libx264", (1280, 720), CINEMA, X264, draft=draft)
    looks = (
        ("Dawn", shore.DAWN),
        ("Noon", shore.NOON),
        ("Dusk", shore.DUSK),
        ("Night", shore.NIGHT),
    )
    scenes = [(title, shore.sea(picture.canvas, look)) for title, look in looks]
    pieces, parts = chaptered(picture, scenes, seconds=8, rounds=12)
    shooting = Shooting(picture, pieces)
    chapters = times(parts, shooting)
    cut = Cut(
        "The Long Tide", "mp4", picture,
        sounds=(
            Sound("aac", (sound.TIDE,), "eng", "Stereo", bit_rate=128_000, default=True),
            Sound("ac3", (sound.TIDE,), "eng", "Surround 5.1", "5.1", 256_000),
        ),
        subtitles=tuple(
            Subtitle("mov_text", language, title, words.timed(chapters, words.TIDE[key]))
            for language, title, key in (("eng", "English", "en"), ("deu", "Deutsch", "de"))
        ),
        parts=parts,
    )  # fmt: skip
    plot = "One day at the edge of the sea, from the first colour in the sky to the last star."
    scripts = {"fr": words.TIDE["fr"], "en.sdh": [(f"♪ {k} ♪", *lines) for k, lines in zip(
        ("slow chords, a plucked string", "a brighter tune", "the tune slows", "almost silence"),
        words.TIDE["en"], strict=True)]}  # fmt: skip
    return Film("The Long Tide (2021)", plot, "Nature", cut, shooting, scripts)


def northern(*, draft: bool) -> Film:
    picture = Picture("libx265", (1280, 720), FILM, X265, "yuv420p10le", draft=draft)
    scenes = [
        ("Departure", express(picture.canvas, AURORA)),
        ("Under the Lights", express(picture.canvas, EMBER)),
    ]
    pieces, parts = chaptered(picture, scenes, seconds=8, rounds=10)
    shooting = Shooting(picture, pieces)
    chapters = times(parts, shooting)
    english, german = (words.timed(chapters, words.EXPRESS[key]) for key in ("en", "de"))
    cut = Cut(
        "Northern Express", "matroska", picture,
        sounds=(
            Sound("eac3", (sound.RAILS,), "eng", "English 5.1", "5.1", 256_000, default=True),
            Sound("aac", (sound.RAILS_ORGAN,), "deu", "Deutsch Stereo", bit_rate=128_000),
        ),
        subtitles=(
            Subtitle("subrip", "eng", "English", english),
            Subtitle("subrip", "deu", "Deutsch", german),
            Subtitle("ass", "eng", "English (styled)", english),
        ),
        parts=parts,
    )  # fmt: skip
    plot = "A night train runs north through the snow until the sky itself begins to move."
    return Film("Northern Express (2019)", plot, "Travel, Fantasy", cut, shooting, {})


def paper(*, draft: bool) -> Film:
    picture = Picture("libvpx-vp9", (960, 540), SMOOTH, VP9, draft=draft)
    scenes = [("Paper Moons", moons(picture.canvas))]
    pieces, parts = chaptered(picture, scenes, seconds=16, rounds=6)
    cut = Cut(
        "Paper Moons", "webm", picture, parts=parts, subtitles=(),
        sounds=(Sound("libopus", (sound.MOBILE,), "eng", "Stereo", default=True),),
    )  # fmt: skip
    plot = "A mobile of moons and stars turns slowly above a painted evening."
    scripts = dict(words.MOONS)
    return Film("Paper Moons (2023)", plot, "Animation", cut, Shooting(picture, pieces), scripts)


def clockwork(*, draft: bool) -> Film:
    picture = Picture("mpeg4", (640, 480), PAL, {"q": "4"}, draft=draft)
    scene = garden(picture.canvas)
    frames, turn = picture.frames(48), picture.frames(24)
    width, height = picture.canvas
    digits: dict[int, Lettering] = {}

    def paint(k: int) -> Image.Image:
        page = scene(k / turn % 1)
        second = int(k / picture.fps)
        if second not in digits:
            place = (width * 0.87, height * 0.93)
            digits[second] = Lettering(page.size, [(clock(second), place, height * 0.07)])
        digits[second].put(page)
        return page

    parts = (Part("The Clockwork Garden", ("all",)),)
    cut = Cut(
        "The Clockwork Garden", "avi", picture, parts=parts, subtitles=(),
        sounds=(
            Sound("libmp3lame", (sound.CLOCKWORK,), "eng", "Stereo", options=LAME, default=True),
        ),
    )  # fmt: skip
    plot = "Brass flowers turn on their stems, and a clock in the corner counts the seconds."
    shooting = Shooting(picture, (Piece("all", frames, paint),))
    return Film("The Clockwork Garden (1998)", plot, "Animation", cut, shooting, dict(words.GARDEN))


FILMS: tuple[Callable[..., Film], ...] = (tide, northern, paper, clockwork)
