"""What is said and written in the demo films: subtitles, plots and the files that hold them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

Lines = tuple[str, ...]
Script = Mapping[str, Sequence[Lines]]
"""Language to the lines of each chapter."""

ASS_HEADER = """[Script Info]
ScriptType: v4.00+
PlayResX: 1280
PlayResY: 720
WrapStyle: 0

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, \
Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, \
Alignment, MarginL, MarginR, MarginV, Encoding
Style: Default,Sans,46,&H00E8FFF4,&H000000FF,&H00402010,&H80000000,0,-1,0,0,100,100,1,0,1,2,1,8,\
60,60,50,1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


@dataclass(frozen=True)
class Cue:
    """Text on screen from ``start`` to ``end``, in seconds of the film."""

    start: float
    end: float
    text: str


def timed(chapters: Sequence[tuple[str, float, float]], script: Sequence[Lines]) -> tuple[Cue, ...]:
    """Spread each chapter's lines evenly over it; a line shows for at most five seconds."""
    cues = []
    for (_, start, end), lines in zip(chapters, script, strict=False):
        for k, line in enumerate(lines):
            share = (end - start) / len(lines)
            shown = min(5.0, share * 0.7)
            at = round(start + share * (k + 0.5) - shown / 2, 2)
            cues.append(Cue(at, round(at + shown, 2), line))
    return tuple(cues)


def srt(cues: Sequence[Cue]) -> str:
    blocks = [
        f"{number}\n{_clock(cue.start)} --> {_clock(cue.end)}\n{cue.text}\n"
        for number, cue in enumerate(cues, 1)
    ]
    return "\n".join(blocks)


def _clock(seconds: float) -> str:
    whole = round(seconds * 1000)
    hours, rest = divmod(whole, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    return f"{hours:02}:{minutes:02}:{rest // 1000:02},{rest % 1000:03}"


def nfo(root: str, **tags: str | int) -> str:
    """An information file as media centres write it; a tag ``genre`` may hold several, by comma."""
    lines = []
    for tag, value in tags.items():
        values = str(value).split(", ") if tag == "genre" else [str(value)]
        lines += [f"  <{tag}>{escape(one)}</{tag}>" for one in values]
    body = "\n".join(lines)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{root}>\n{body}\n</{root}>\n'


TIDE: Script = {
    "en": (
        ("Every day begins with a colour nobody has named.",
         "The water keeps it for a while,\nthen lets it go.",
         "Listen: the hills are still asleep."),
        ("At noon the sea forgets its depth.",
         "The clouds take their time.\nThey have nowhere else to be.",
         "One more wave, and then one more."),
        ("The sun goes down the way a door is closed\nwhen someone is sleeping.",
         "What was gold turns to copper.",
         "Hold on to the warmth of the stones."),
        ("Now the stars do the counting.",
         "Far out, the tide turns without a sound.",
         "Tomorrow it will bring the morning back."),
    ),
    "de": (
        ("Jeder Tag beginnt mit einer Farbe,\ndie keinen Namen hat.",
         "Das Wasser behält sie eine Weile,\ndann lässt es sie gehen.",
         "Hör zu: Die Hügel schlafen noch."),
        ("Am Mittag vergisst das Meer, wie tief es ist.",
         "Die Wolken lassen sich Zeit.\nSie müssen nirgendwohin.",
         "Noch eine Welle, und noch eine."),
        ("Die Sonne geht unter, wie man eine Tür schließt,\nwenn jemand schläft.",
         "Was Gold war, wird Kupfer.",
         "Behalte die Wärme der Steine."),
        ("Jetzt zählen die Sterne.",
         "Weit draußen wendet sich lautlos die Flut.",
         "Morgen bringt sie den Morgen zurück."),
    ),
    "fr": (
        ("Chaque jour commence par une couleur sans nom.",
         "L’eau la garde un moment,\npuis la laisse partir.",
         "Écoute : les collines dorment encore."),
        ("À midi, la mer oublie sa profondeur.",
         "Les nuages prennent leur temps.\nRien ne les attend.",
         "Encore une vague, et encore une."),
        ("Le soleil descend comme on ferme une porte\nquand quelqu’un dort.",
         "L’or devient cuivre.",
         "Garde la chaleur des pierres."),
        ("Ce sont les étoiles qui comptent, maintenant.",
         "Au large, la marée tourne sans bruit.",
         "Demain, elle ramènera le matin."),
    ),
}  # fmt: skip

EXPRESS: Script = {
    "en": (
        ("The last train north has no timetable.", "It leaves when the snow is deep enough.",
         "Count the firs, if you cannot sleep."),
        ("There: the sky is learning to dance.", "Nobody in the carriage says a word.",
         "Next stop: morning."),
    ),
    "de": (
        ("Der letzte Zug nach Norden hat keinen Fahrplan.",
         "Er fährt, wenn der Schnee tief genug ist.",
         "Zähl die Tannen, wenn du nicht schlafen kannst."),
        ("Da: Der Himmel lernt tanzen.", "Im Wagen sagt niemand ein Wort.",
         "Nächster Halt: Morgen."),
    ),
}  # fmt: skip

MOONS: Script = {
    "en": (("Someone cut the night out of paper.", "Each moon hangs by a single thread.",
            "Breathe in, and they all turn towards you."),),
    "de": (("Jemand hat die Nacht aus Papier geschnitten.", "Jeder Mond hängt an einem Faden.",
            "Atme ein, und alle drehen sich zu dir."),),
}  # fmt: skip

GARDEN: Script = {
    "en": (("Brass flowers open on the hour.", "The big ones are slow, the small ones hurry.",
            "All of them are on time."),),
    "es": (("Las flores de latón se abren a la hora en punto.",
            "Las grandes van despacio, las pequeñas corren.", "Todas llegan a tiempo."),),
}  # fmt: skip

EPISODES: tuple[tuple[str, str], ...] = (
    ("Lantern", "The lamp is lit for the first time after a long winter."),
    ("Low Water", "When the sea draws back, the harbour shows what it has kept."),
    ("Fog Signal", "For three days nothing can be seen, and everything can be heard."),
    ("The Empty Berth", "A place at the quay is kept free, and nobody remembers for whom."),
    ("Storm Glass", "The glass in the window says rain. The sky is not so sure."),
    ("First Light", "The lamp is put out, and the morning does the rest."),
)
HARBOUR: Script = {
    "en": (
        (),
        ("Wind from the west. Visibility good.", "The boats are back. All of them.",
         "Leave the window open a little."),
        ("Nobody waits at the quay tonight.", "But the lamp turns all the same.",
         "Once for the sea, once for the land."),
        ("It is getting lighter over there.", "Tomorrow, then."),
        (),
    ),
    "de": (
        (),
        ("Wind aus West. Gute Sicht.", "Die Boote sind zurück. Alle.",
         "Lass das Fenster einen Spalt offen."),
        ("Heute Nacht wartet niemand am Kai.", "Aber die Lampe dreht sich trotzdem.",
         "Einmal für das Meer, einmal für das Land."),
        ("Da drüben wird es heller.", "Also dann: morgen."),
        (),
    ),
}  # fmt: skip
