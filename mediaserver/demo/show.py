"""The demo library's show: two seasons of three episodes that share one opening and one ending."""

from dataclasses import dataclass, replace

from mediaserver.demo import sound, words
from mediaserver.demo.cut import Cut, Part, Subtitle
from mediaserver.demo.films import CARD, CINEMA, X264, Shooting, card, loop, times
from mediaserver.demo.pictures import Scene, Size
from mediaserver.demo.reel import Picture, Sound
from mediaserver.demo.sea import DAWN, DUSK, NIGHT, NOON, Shore, sea

NAME = "Harbour Lights"
FOLDER = "Harbour Lights (2022)"
PLOT = "A lighthouse, a bay and the weather: one small thing happens every evening."
INTRO, LOOP, CREDITS = 16, 8, 4
OPENING = replace(NIGHT, lighthouse=True, sun_size=0.1, seed=40)
LOOKS: tuple[tuple[str, Shore], ...] = (
    ("dawn", replace(DAWN, lighthouse=True, seed=41)),
    ("noon", replace(NOON, lighthouse=True, seed=42)),
    ("dusk", replace(DUSK, lighthouse=True, seed=43)),
    ("night", replace(NIGHT, lighthouse=True, seed=44)),
    ("rain", Shore(
        sky=((40, 48, 60), (70, 80, 94), (120, 126, 134)), sun=(160, 166, 170),
        land=(26, 34, 44), sun_height=0.4, rain=True, lighthouse=True, seed=45)),
    ("fog", Shore(
        sky=((96, 112, 120), (140, 152, 154), (196, 198, 190)), sun=(226, 224, 210),
        land=(92, 106, 112), sun_height=0.6, sun_size=0.1, lighthouse=True, seed=46)),
)  # fmt: skip
# the weather of each episode's three parts
WEATHER = (
    ("dusk", "night", "dawn"), ("noon", "dusk", "night"), ("fog", "night", "fog"),
    ("dawn", "noon", "dusk"), ("rain", "night", "rain"), ("night", "dawn", "noon"),
)  # fmt: skip
ROUNDS = (13, 13, 13)
PARTS = ("Evening", "The Lamp", "Later")


@dataclass(frozen=True)
class Episode:
    season: int
    number: int
    title: str
    plot: str
    cut: Cut

    @property
    def stem(self) -> str:
        return f"{NAME} S{self.season:02}E{self.number:02} {self.title}"


@dataclass(frozen=True)
class Show:
    shooting: Shooting
    episodes: tuple[Episode, ...]


def scenes(size: Size) -> dict[str, Scene]:
    return {name: sea(size, look) for name, look in LOOKS}


def harbour(*, draft: bool) -> Show:
    options = {**X264, "crf": "26"}
    picture = Picture("libx264", (854, 480), CINEMA, options, draft=draft)
    drawn = scenes(picture.canvas)
    share = picture.frames(CARD) / picture.frames(LOOP)
    opening = sea(picture.canvas, OPENING)
    first = card("intro title", picture, opening, (NAME,), CARD / INTRO)
    pieces = [
        first,
        loop("intro", picture, INTRO - CARD, _part(opening, CARD / INTRO, 1), 0),
        loop("credits", picture, CREDITS, drawn["night"]),
    ]
    pieces += [loop(name, picture, LOOP, scene, share) for name, scene in drawn.items()]
    for number, (title, _) in enumerate(words.EPISODES):
        weather = drawn[WEATHER[number][0]]
        text = (title, f"Season {number // 3 + 1} · Episode {number % 3 + 1}")
        pieces.append(card(f"card {number}", picture, weather, text, share))
    shooting = Shooting(picture, tuple(pieces))
    return Show(shooting, tuple(_episode(k, shooting) for k in range(len(words.EPISODES))))


def _part(scene: Scene, start: float, end: float) -> Scene:
    return lambda phase: scene(start + (end - start) * phase)


def _episode(index: int, shooting: Shooting) -> Episode:
    title, plot = words.EPISODES[index]
    order = [(name,) * rounds for name, rounds in zip(WEATHER[index], ROUNDS, strict=True)]
    order[0] = (f"card {index}", *order[0])
    parts = (
        Part("Intro", ("intro title", "intro")),
        *(Part(name, pieces) for name, pieces in zip(PARTS, order, strict=True)),
        Part("Credits", ("credits",)),
    )
    chapters = times(parts, shooting)
    season, number = index // 3 + 1, index % 3 + 1
    cut = Cut(
        title, "matroska", shooting.picture,
        sounds=(
            Sound(
                "aac", (sound.LANTERN, sound.HARBOUR), "eng", "Stereo", bit_rate=64_000,
                default=True,
            ),
        ),
        subtitles=tuple(
            Subtitle("subrip", language, name, words.timed(chapters, words.HARBOUR[key]))
            for language, name, key in (("eng", "English", "en"), ("deu", "Deutsch", "de"))
        ),
        parts=parts,
    )  # fmt: skip
    return Episode(season, number, title, plot, cut)
