"""Opening media: only regular files inside their root, and nothing that opens other files."""

import io
import os
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import av
import pytest

from mediaserver import source
from mediaserver.errors import Unplayable
from mediaserver.source import ReadingStopped, open_inside, open_media, prove_guards
from tests.library.small_films import Small, film, film_bytes


def test_every_guard_bites() -> None:
    assert prove_guards() == []


def test_without_the_guards_the_canaries_would_sing() -> None:
    """The proof has teeth: each canary does what the guards forbid as soon as they are gone."""
    bare = {"protocol_whitelist": "none"}
    source._guarded(io.BytesIO(source._SOUND), fast=False, limits=bare).close()
    with av.open(io.BytesIO(source._tiny("ffvhuff")), mode="r") as container:
        assert len(list(container.decode(video=0))) == 1


class Knock(BaseHTTPRequestHandler):
    knocks: ClassVar[list[str]]

    def do_GET(self) -> None:
        self.knocks.append(self.path)
        self.send_response(404)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def web() -> Iterator[tuple[str, list[str]]]:
    """An address of this machine and the list of what was asked for there."""
    Knock.knocks = []
    server = HTTPServer(("127.0.0.1", 0), Knock)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/canary.ts", Knock.knocks
    server.shutdown()
    thread.join()


PLAYLISTS = {
    "hls.m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{}\n#EXT-X-ENDLIST\n",
    "hls_key.m3u8": '#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXT-X-KEY:METHOD=AES-128,URI="{}"\n'
    "#EXTINF:9,\n{}\n#EXT-X-ENDLIST\n",
    "hls_variant.m3u8": "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{}\n",
    "concat.ffconcat": "ffconcat version 1.0\nfile '{}'\n",
    "concat_bare.txt": "file '{}'\n",
    "session.sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
    "m=video 9 RTP/AVP 96\na=rtpmap:96 H264/90000\na=control:{}\n",
    "dash.mpd": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static">'
    "<Period><AdaptationSet><Representation><BaseURL>{}</BaseURL></Representation>"
    "</AdaptationSet></Period></MPD>",
    "list.asx": '<asx version="3.0"><entry><ref href="{}"/></entry></asx>',
    "list.pls": "[playlist]\nFile1={}\nNumberOfEntries=1\n",
    "real.ram": "rtsp://127.0.0.1/x\n{}\n",
    "list.xspf": '<playlist xmlns="http://xspf.org/ns/0/"><trackList><track>'
    "<location>{}</location></track></trackList></playlist>",
    "vob.idx": "# VobSub index file, v7 (do not modify this line!)\n# {}\n",
    "smooth.ism": "<SmoothStreamingMedia><StreamIndex Url='{}'/></SmoothStreamingMedia>",
    "reference.mov": "RTSPtext{}",
    "filter.txt": "movie={}",
    "smil.smil": "<smil><body><video src='{}'/></body></smil>",
}


@pytest.mark.parametrize("suffix", ["as_is", ".mkv", ".mp4", ".ts"])
@pytest.mark.parametrize("name", PLAYLISTS)
def test_a_playlist_called_a_film_opens_nothing(
    name: str, suffix: str, tmp_path: Path, web: tuple[str, list[str]]
) -> None:
    address, knocks = web
    secret = film(tmp_path / "secret.mkv")
    for target in (address, secret.name, str(secret), secret.as_uri()):
        text = PLAYLISTS[name].replace("{}", target)
        path = tmp_path / (name if suffix == "as_is" else f"{name}{suffix}")
        path.write_text(text)
        for fast in (True, False):
            with pytest.raises(Unplayable) as caught, open_media(path, tmp_path, fast=fast):
                pass
            assert caught.value.reason in {"forbidden_format", "unknown_format"}
    assert knocks == []


def test_a_nested_open_is_refused_even_where_a_demuxer_asks() -> None:
    with pytest.raises(PermissionError):
        source._refuse_nested("http://127.0.0.1/", 0, {})


def test_a_film_inside_its_root_opens(tmp_path: Path) -> None:
    path = film(tmp_path / "films" / "a.mkv")
    with open_media(path, tmp_path) as container:
        assert container.format.name == "matroska,webm"
        options = container.streams.video[0].codec_context.options
        assert options["max_pixels"] == str(source.MAX_PIXELS)
        assert "libdav1d" in options["codec_whitelist"]


def refused(path: Path, root: Path) -> str:
    with pytest.raises(Unplayable) as caught:
        os.close(open_inside(path, root))
    return caught.value.reason


def test_paths_out_of_the_root_are_refused(tmp_path: Path) -> None:
    root = tmp_path / "root"
    film(tmp_path / "root-evil" / "a.mkv")
    film(tmp_path / "outside.mkv")
    film(root / "a.mkv")
    (root / "link.mkv").symlink_to(tmp_path / "outside.mkv")
    (root / "folder").symlink_to(tmp_path / "root-evil")
    assert refused(root / ".." / "outside.mkv", root) == "outside_root"
    assert refused(tmp_path / "root-evil" / "a.mkv", root) == "outside_root"
    assert refused(root / "link.mkv", root) == "outside_root"
    assert refused(root / "folder" / "a.mkv", root) == "outside_root"
    assert refused(root / "gone.mkv", root) == "vanished"
    assert refused(root / "a\0.mkv", root) == "vanished"


def test_a_link_that_stays_inside_is_followed(tmp_path: Path) -> None:
    film(tmp_path / "films" / "a.mkv")
    (tmp_path / "link.mkv").symlink_to(tmp_path / "films" / "a.mkv")
    with open_media(tmp_path / "link.mkv", tmp_path) as container:
        assert len(container.streams.video) == 1


def test_only_regular_files_are_opened_and_nothing_hangs(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mkv")
    (tmp_path / "folder.mkv").mkdir()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket.mkv"))
        for name in ("pipe.mkv", "folder.mkv", "socket.mkv"):
            assert refused(tmp_path / name, tmp_path) == "not_a_file", name
    assert refused(Path("/dev/zero"), Path("/dev")) == "not_a_file"


def test_a_loop_of_links_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "a.mkv").symlink_to(tmp_path / "b.mkv")
    (tmp_path / "b.mkv").symlink_to(tmp_path / "a.mkv")
    assert refused(tmp_path / "a.mkv", tmp_path) in {"vanished", "outside_root"}


@pytest.mark.parametrize("swapped", ["folder", "file"])
def test_what_was_swapped_for_a_link_after_the_check_is_not_followed(
    swapped: str, tmp_path: Path
) -> None:
    """The moment between resolving and opening, played by hand."""
    home = (tmp_path / "root").resolve()
    inside = film(home / "films" / "a.mkv")
    evil = film(tmp_path / "evil" / "a.mkv")
    if swapped == "folder":
        (home / "films").rename(home / "aside")
        (home / "films").symlink_to(evil.parent)
    else:
        inside.unlink()
        inside.symlink_to(evil)
    with pytest.raises(OSError, match=r".") as caught:
        os.close(source._descend(home, inside))
    assert not isinstance(caught.value, FileNotFoundError)


def test_cancelling_ends_the_visit_and_is_never_taken_for_the_end(tmp_path: Path) -> None:
    path = film(tmp_path / "long.mkv", Small(seconds=20, size=(320, 240), gop=1))
    asked = 0

    def cancelled() -> bool:
        nonlocal asked
        asked += 1
        return asked > 3

    with (
        pytest.raises(ReadingStopped) as caught,
        open_media(path, tmp_path, cancelled=cancelled, fast=True) as container,
    ):
        list(container.demux())
    assert not caught.value.too_slow


def test_a_visit_that_takes_too_long_says_so(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mkv")
    with pytest.raises(ReadingStopped) as caught, open_media(path, tmp_path, seconds=-1):
        pass
    assert caught.value.too_slow


def test_a_decoder_that_is_left_out_is_named_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "a.nut").write_bytes(film_bytes(Small(codec="ffvhuff"), "nut"))
    with open_media(tmp_path / "a.nut", tmp_path) as container:
        reason = source.why_undecodable(container.streams.video[0])
        assert reason is not None
        assert "ffvhuff is left out on purpose" in reason
        with pytest.raises(av.FFmpegError):
            list(container.decode(video=0))


def test_every_name_on_the_lists_exists_in_this_libav() -> None:
    """A misspelt decoder would silently never decode."""
    for name in source.DECODERS:
        assert av.codec.Codec(name, "r").name == name
    for name in source.CONTAINERS.split():
        assert av.ContainerFormat(name, "r")
