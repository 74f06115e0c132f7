"""Language tags of files, as HLS wants them and as people read them."""

import pytest

from mediaserver.streaming.languages import language_name, language_tag


@pytest.mark.parametrize(
    ("said", "tag", "name"),
    [
        ("eng", "en", "English"),
        ("ger", "de", "German"),
        ("deu", "de", "German"),
        ("fre", "fr", "French"),
        ("pt_BR", "pt-BR", "Portuguese (BR)"),
        ("zh-Hant", "zh-Hant", "Chinese (Hant)"),
        ("JPN", "ja", "Japanese"),
        ("tlh", "tlh", "tlh"),
        ("grc", "grc", "grc"),
        ("zho", "zh", "Chinese"),
        ("chi", "zh", "Chinese"),
        ("und", None, None),
        ("", None, None),
        (None, None, None),
        ('"evil', None, None),
        ("x\n#EXT", None, None),
    ],
)
def test_every_spelling_becomes_the_shortest_tag(
    said: str | None, tag: str | None, name: str | None
) -> None:
    assert language_tag(said) == tag
    assert language_name(said) == name
