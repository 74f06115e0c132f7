"""A stretch of film in which nobody speaks has no cues, and that is no fault."""

from pathlib import Path

from mediaserver.ids import FileId
from mediaserver.library import probe
from mediaserver.streaming import Source
from mediaserver.streaming.subtitle_streams import Window, read_window
from tests.media import Film, Line, write_film


def test_a_window_without_words_is_empty(tmp_path: Path) -> None:
    path = tmp_path / "film.mkv"
    write_film(path, Film(seconds=12, lines=(Line(1.0, 2.0, "Hello."),)))
    info = probe(path, tmp_path)
    stat = path.stat()
    source = Source(FileId("f"), str(tmp_path), str(path), stat.st_size, stat.st_mtime_ns)
    spoken = read_window(source, info, Window(0.0, 0.0, 6.0))
    silent = read_window(source, info, Window(0.0, 6.0, 12.0))
    assert [len(cues) for cues in spoken.values()] == [1]
    assert [len(cues) for cues in silent.values()] == [0]
