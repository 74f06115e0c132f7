"""Words on the screen: any encoding in, our own escaped WebVTT out, one window at a time."""

import re
import time

import pytest

from mediaserver.errors import Unplayable
from mediaserver.streaming.cue_markup import mov_text
from mediaserver.streaming.cues import TIMESTAMP_MAP, Cue, Run, webvtt, window_of
from mediaserver.streaming.subtitle_files import MAX_BYTES, read_cues

TAG = re.compile(r"<[^>]*>")
ALLOWED = re.compile(r"</?[biu]>|<c\.(white|lime|cyan|red|yellow|magenta|blue|black)>|</c>")


def srt(*texts: str) -> bytes:
    blocks = [
        f"{n}\n00:00:{n:02},000 --> 00:00:{n:02},900\n{text}\n" for n, text in enumerate(texts, 1)
    ]
    return "\n".join(blocks).encode()


def vtt_of(content: bytes, codec: str = "subrip", language: str | None = None) -> str:
    return webvtt(read_cues(content, codec, language)).decode()


def payload(content: bytes, codec: str = "subrip") -> str:
    """The text of the first cue as it is sent."""
    return vtt_of(content, codec).split("\n\n")[1].split("\n", 1)[1].rstrip("\n")


ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<b onmouseover=alert(1)>bold</b>",
    "<svg/onload=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "<iframe src=//evil.example></iframe>",
    "<<b>script>alert(1)<</b>/script>",
    "<scr<b>ipt>alert(1)</scr</b>ipt>",
    "<v Roger>hi</v><lang en>x</lang><ruby>a<rt>b</rt></ruby>",
    '<c.evil.red"onload=alert(1)>x</c>',
    "text --> more\n00:00:09.000 --> 00:00:10.000\n<i>x",
    "STYLE\n::cue{background:url(//evil.example)}",
    "NOTE x\nREGION\nid:1",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "{\\an8}<i>top</i>{\\c&H0000FF&}",
    "nul\0byte and \x1b[31mescape",
    "<i><b>never closed",
    "</i></b></c>",
    "a < b && c > d",
    "\ud800".encode("utf-8", "surrogatepass").decode("utf-8", "replace"),
]


@pytest.mark.parametrize("codec", ["subrip", "webvtt", "ass"])
@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_of_a_files_markup_passes_but_the_few_tags_we_write(
    attack: str, codec: str
) -> None:
    if codec == "ass":
        text = attack.replace("\n", "\\N")
        content = f"[Events]\nDialogue: 0,0:00:01.00,0:00:02.00,x,,0,0,0,,{text}\n".encode()
    else:
        head = b"WEBVTT\n\n" if codec == "webvtt" else b""
        content = head + srt(attack)
    written = vtt_of(content, codec)
    assert written.startswith(f"WEBVTT\n{TIMESTAMP_MAP}\n")
    assert not re.search(r"[\x00-\x08\x0b-\x1f]", written)
    for block in written.split("\n\n")[1:]:
        timing, _, body = block.partition("\n")
        assert re.fullmatch(
            r"\d\d:\d\d:\d\d\.\d{3} --> \d\d:\d\d:\d\d\.\d{3}"
            r"( line:(-?\d+|\d+(\.\d+)?%))?( position:\d+%)?( align:\w+)?",
            timing,
        )
        assert "-->" not in body
        assert all(ALLOWED.fullmatch(tag) for tag in TAG.findall(body))
        stack: list[str] = []
        for tag in TAG.findall(body):
            name = tag.strip("</>")[0]
            if tag.startswith("</"):
                assert stack.pop() == name
            else:
                stack.append(name)
        assert stack == []
        assert "<" not in TAG.sub("", body)


def test_italics_bold_underline_and_position_are_kept() -> None:
    assert payload(srt("<i>a</i> <B>b</B> <u>c</u> <font color=red>d</font>")) == (
        "<i>a</i> <b>b</b> <u>c</u> d"
    )
    assert "--> 00:00:01.900 line:0\nTop" in vtt_of(srt("{\\an8}Top"))
    assert "line:0 position:5% align:start\n" in vtt_of(srt("{\\an7}Corner"))
    assert "line:50%\n" in vtt_of(srt("{\\a10}Middle, as SSA counts"))


def test_a_number_that_is_spoken_is_not_taken_for_the_next_cues_number() -> None:
    content = b"1\n00:00:01,000 --> 00:00:02,000\n1984\n\n2\n00:00:03,000 --> 00:00:04,000\n42\n"
    assert [cue.runs[0].text.strip() for cue in read_cues(content, "subrip")] == ["1984", "42"]


@pytest.mark.parametrize(
    ("text", "encoding", "language"),
    [
        ("Zażółć gęślą jaźń", "cp1250", "pl"),
        ("Съешь же ещё этих булок", "cp1251", "ru"),
        ("Ça été là-bas, garçon", "cp1252", "fr"),
        ("Ξεσκεπάζω την ψυχοφθόρα", "cp1253", "el"),
        ("שלום עולם", "cp1255", "he"),
        ("いろはにほへと ちりぬるを", "shift_jis", "ja"),
        ("天地玄黃宇宙洪荒", "gb18030", "zh"),
        ("다람쥐 헌 쳇바퀴에 타고파", "cp949", "ko"),
        ("Grüße – “Ü”", "utf-8", "de"),
        ("Grüße", "utf-8-sig", None),
        ("Привет", "utf-16", None),
        ("Привет, мир", "utf-16-le", None),
        ("Привет, мир", "utf-16-be", None),
    ],
)
def test_every_usual_encoding_is_read(text: str, encoding: str, language: str | None) -> None:
    content = srt(text).decode().encode(encoding)
    assert text in vtt_of(content, language=language).replace("&amp;", "&")


def test_an_old_encoding_without_a_language_is_guessed() -> None:
    lines = ["Съешь же ещё этих мягких французских булок, да выпей чаю"] * 5
    assert "французских" in vtt_of(srt(*lines).decode().encode("cp1251"))


def test_bytes_that_fit_no_encoding_still_give_text() -> None:
    assert "00:00:01.000" in vtt_of(srt("\x81") + b"\x81\x8d\x8f\xff")


ASS = """[Script Info]
PlayResX: 1920
PlayResY: 1080

[V4+ Styles]
Format: Name, Fontname, Fontsize, Bold, Italic, Underline, Alignment
Style: Default,Arial,40,0,0,0,2
Style: Sign,Arial,40,-1,0,0,8

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Comment: 0,0:00:00.50,0:00:01.00,Default,,0,0,0,,not shown
Dialogue: 0,0:00:01.00,0:00:02.50,Sign,,0,0,0,,Bold, {\\i1}both{\\i0}\\Nnext
Dialogue: 1,0:00:01.00,0:00:02.50,Sign,,0,0,0,,Bold, {\\i1}both{\\i0}\\Nnext
Dialogue: 0,0:00:03.00,0:00:04.00,Default,,0,0,0,,{\\pos(480,540)\\fad(9,9)}Here
Dialogue: 0,0:00:05.00,0:00:06.00,Default,,0,0,0,,{\\p1}m 0 0 l 100 100{\\p0}
Dialogue: 0,0:00:07.00,0:00:08.00,Default,,0,0,0,,{\\k20}ka{\\k30}raoke
"""


def test_ass_keeps_styles_and_places_and_drops_drawings_shadows_and_comments() -> None:
    assert vtt_of(ASS.encode(), "ass").split("\n\n")[1:] == [
        "00:00:01.000 --> 00:00:02.500 line:0\n<b>Bold, </b><i><b>both</b></i>\n<b>next</b>",
        "00:00:03.000 --> 00:00:04.000 line:50% position:25% align:center\nHere",
        "00:00:07.000 --> 00:00:08.000\nkaraoke\n",
    ]


def test_ssa_counts_its_corners_another_way() -> None:
    old = ASS.replace("[V4+ Styles]", "[V4 Styles]").replace(",0,8\n", ",0,6\n")
    assert "00:00:02.500 line:0\n" in vtt_of(old.encode(), "ssa")


def test_webvtt_settings_are_kept_when_they_make_sense() -> None:
    content = (
        b"WEBVTT\n\nSTYLE\n::cue { color: url(x) }\n\nNOTE hello\n\nid\n"
        b"00:01.000 --> 00:02.000 line:10%,start position:20% align:left size:50% evil:1\n"
        b"<c.yellow.loud>Hi</c> &amp; <00:00:01.500>bye\n\n"
        b"00:03.000 --> 00:04.000 line:99999 position:-5% align:evil\nplain\n"
    )
    assert vtt_of(content, "webvtt").split("\n\n")[1:] == [
        (
            "00:00:01.000 --> 00:00:02.000 line:10% position:20% align:left\n"
            "<c.yellow>Hi</c> &amp; bye"
        ),
        "00:00:03.000 --> 00:00:04.000\nplain\n",
    ]


def test_mp4_timed_text_keeps_its_styles() -> None:
    text = b"Hello bold"
    styl = b"\0\x01" + bytes([0, 6, 0, 10, 0, 1, 0b11, 18, 255, 255, 255, 255])
    box = (8 + len(styl)).to_bytes(4, "big") + b"styl" + styl
    runs = mov_text(len(text).to_bytes(2, "big") + text + box)
    assert runs == (Run("Hello "), Run("bold", "bi"))
    for cut in range(len(text) + len(box)):
        mov_text((len(text).to_bytes(2, "big") + text + box)[:cut])


def test_a_cue_across_a_boundary_is_in_both_windows() -> None:
    cues = [Cue(8.0, 12.0, (Run("x"),)), Cue(1.0, 10.0, (Run("y"),)), Cue(20.0, 21.0, (Run("z"),))]
    texts = [
        [cue.runs[0].text for cue in window_of(cues, start, start + 10)] for start in (0, 10, 20)
    ]
    assert texts == [["x", "y"], ["x"], ["z"]]


def test_sami_shows_each_text_until_the_next_and_one_language() -> None:
    sami = b"""<SAMI><HEAD><STYLE><!-- P { color: white } --></STYLE></HEAD><BODY>
        <SYNC Start=1000><P Class=ENCC>One<br>two &amp; <i>three</i><script>x</script>
        <SYNC Start=1000><P Class=KRCC>Hana
        <SYNC Start=2500><P Class=ENCC>&nbsp;
        <SYNC Start=4000><P Class=ENCC>Last</BODY></SAMI>"""
    found = webvtt(read_cues(sami, "sami")).decode()
    assert "00:00:01.000 --> 00:00:02.500\nOne\ntwo &amp; <i>three</i>x" in found
    assert "Hana" not in found
    assert "00:00:04.000 --> 00:00:08.000\nLast" in found
    assert found.count("-->") == 2


def test_too_large_a_file_is_refused() -> None:
    with pytest.raises(Unplayable):
        read_cues(b" " * (MAX_BYTES + 1), "subrip")


@pytest.mark.parametrize(
    "hostile",
    [
        b"{" * 2_000_000,
        b"<" * 2_000_000,
        b"<a" * 1_000_000,
        b"{\\an" * 500_000,
        b"0" * 2_000_000,
        b"00:00:01,000 --> " * 100_000,
        b"\n" * 2_000_000,
        srt(*(["{\\an8"] * 50_000)),
        b"[Events]\n" + b"Dialogue: " * 200_000,
        b"\0" * 2_000_000,
        b"<SYNC Start=1>" * 140_000,
        b"<P Class=" * 200_000,
    ],
    ids=range(12),
)
@pytest.mark.parametrize("codec", ["subrip", "webvtt", "ass", "sami"])
def test_no_input_takes_longer_than_its_size(hostile: bytes, codec: str) -> None:
    began = time.process_time()
    webvtt(read_cues(hostile, codec))
    assert time.process_time() - began < 3.0
