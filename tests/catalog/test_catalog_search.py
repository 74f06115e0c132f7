"""Search finds what people mean: accents, hyphens, scripts without spaces, half-typed words."""

import pytest

from mediaserver.catalog import Catalog, Filter, ItemKind, Question
from mediaserver.catalog.text import fold, indexed, matching
from mediaserver.errors import Invalid
from mediaserver.library import LibraryKind
from tests.scanned import episode, info, library, movie, video, viewer

ADA = viewer()
FILMS = library()
SHOWS = library(LibraryKind.SHOWS, "Shows")
HOMES = library(LibraryKind.HOMEVIDEOS, "Homes")
TITLES = (
    "Amélie", "Spider-Man: No Way Home", "WALL·E", "Ocean's Eleven", "S.W.A.T.", "L'Été",
    "千と千尋の神隠し", "기생충", "Die fabelhafte Straße", "Das Boot", "Søndag", "Молчание ягнят",
    "The Matrix", "The Matrix Reloaded", "Matrixed", "Ночной дозор", "ガメラ", "Top Gun: Maverick",
)  # fmt: skip


@pytest.fixture
async def full(catalog: Catalog) -> Catalog:
    await catalog.ingest(FILMS, [movie(FILMS, title) for title in TITLES])
    return catalog


async def found(catalog: Catalog, text: str) -> list[str]:
    return [card.title for card in (await catalog.search(ADA, Question(text=text))).items]


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("amelie", "Amélie"),
        ("AMÉLIE", "Amélie"),
        ("ame\u0301lie", "Amélie"),
        ("ame", "Amélie"),
        ("spiderman", "Spider-Man: No Way Home"),
        ("spider man", "Spider-Man: No Way Home"),
        ("Spider-Man", "Spider-Man: No Way Home"),
        ("spider‐man", "Spider-Man: No Way Home"),
        ("home spider", "Spider-Man: No Way Home"),
        ("walle", "WALL·E"),
        ("wall-e", "WALL·E"),
        ("wall e", "WALL·E"),
        ("oceans", "Ocean's Eleven"),
        ("ocean’s", "Ocean's Eleven"),
        ("ocean", "Ocean's Eleven"),
        ("swat", "S.W.A.T."),
        ("s.w.a.t.", "S.W.A.T."),
        ("ete", "L'Été"),
        ("l'été", "L'Été"),
        ("千尋", "千と千尋の神隠し"),
        ("神隠し", "千と千尋の神隠し"),
        ("し", "千と千尋の神隠し"),
        ("기생", "기생충"),
        ("strasse", "Die fabelhafte Straße"),
        ("sondag", "Søndag"),
        ("молчание", "Молчание ягнят"),
        ("ночнои", "Ночной дозор"),
        ("ガメラ", "ガメラ"),
        ("top gun maverick", "Top Gun: Maverick"),
    ],
)
async def test_a_title_is_found(full: Catalog, text: str, title: str) -> None:
    assert await found(full, text) == [title]


@pytest.mark.parametrize("text", ["", "   ", "-", '"', "***", "()", "\0", "🎬"])
async def test_nothing_asked_finds_nothing(full: Catalog, text: str) -> None:
    page = await full.search(ADA, Question(text=text))
    assert (page.items, page.total, page.next_cursor) == ((), 0, None)


@pytest.mark.parametrize(
    "text",
    [
        'matrix" OR "amelie', "matrix OR amelie", "title:matrix", "NEAR(matrix amelie)", "^matrix",
        "matrix AND NOT x", "{title}: matrix", "matrix'; DROP TABLE items; --", "matrix*)(",
        '"', '""', "matrix + amelie", "a" * 200, " ".join(["matrix"] * 28), "m\0atrix",
    ],
)  # fmt: skip
async def test_operators_are_only_words(full: Catalog, text: str) -> None:
    titles = await found(full, text)
    assert not {"Amélie", "Das Boot"} & set(titles)


def test_a_match_expression_holds_only_quoted_words() -> None:
    for text in ('a"b', "x OR y", "(", 'NEAR("a" b, 3)', "col:val", "wall-e", "千尋", "\u0000"):
        words = matching(text)
        if words:
            outside = words.split('"')[::2]
            assert set("".join(outside)) <= set("ANDOR *()")


async def test_a_query_too_long_is_refused(full: Catalog) -> None:
    with pytest.raises(Invalid):
        await full.search(ADA, Question(text="x" * 201))


async def test_the_exact_title_comes_first_then_its_beginning(full: Catalog) -> None:
    assert await found(full, "matrix") == ["The Matrix", "The Matrix Reloaded", "Matrixed"]
    assert (await found(full, "the matrix"))[0] == "The Matrix"


async def test_a_show_comes_before_its_episodes(catalog: Catalog) -> None:
    files = [episode(SHOWS, "Fargo", 1, n, title=f"Snow {n}") for n in (1, 2)]
    await catalog.ingest(SHOWS, [*files, episode(SHOWS, "Lost", 1, 1, title="Fargo calling")])
    titles = await found(catalog, "fargo")
    assert titles[0] == "Fargo"
    assert set(titles[1:]) == {"Snow 1", "Snow 2", "Fargo calling"}
    assert await found(catalog, "fargo snow 2") == ["Snow 2"]
    assert await found(catalog, "season") == []


async def test_one_letter_finds_the_titles_that_begin_with_it(full: Catalog) -> None:
    assert sorted(await found(full, "m")) == ["Matrixed"]
    assert await found(full, "w") == ["WALL·E"]
    assert await found(full, "尋") == ["千と千尋の神隠し"]


async def test_the_year_finds_a_film(catalog: Catalog) -> None:
    await catalog.ingest(FILMS, [movie(FILMS, "Dune", 1984), movie(FILMS, "Dune", 2021)])
    page = await catalog.search(ADA, Question(text="dune 1984"))
    assert [card.year for card in page.items] == [1984]


async def test_facets_count_what_other_filters_leave(catalog: Catalog) -> None:
    media = {name: info(genre=name) for name in ("Drama", "War")}
    await catalog.ingest(
        FILMS,
        [
            movie(FILMS, "Snow One", 1999, media=media["Drama"]),
            movie(FILMS, "Snow Two", 1999, media=media["War"]),
            movie(FILMS, "Snow Three", 2001, media=media["War"]),
            movie(FILMS, "Rain", 2001, media=media["War"]),
        ],
    )
    await catalog.ingest(HOMES, [video(HOMES, "Snow at home.mp4")])
    page = await catalog.search(ADA, Question(text="snow"))
    assert page.total == 4
    assert page.facets.kind == {"movie": 3, "video": 1}
    assert page.facets.genre == {"Drama": 1, "War": 2}
    assert page.facets.year == {"1999": 2, "2001": 1}
    war = await catalog.search(ADA, Question(text="snow", filter=Filter(genre="War", year=1999)))
    assert [card.title for card in war.items] == ["Snow Two"]
    assert war.total == 1
    assert war.facets.genre == {"Drama": 1, "War": 1}
    assert war.facets.year == {"1999": 1, "2001": 1}
    films = await catalog.search(
        ADA, Question(text="snow", filter=Filter(kinds=(ItemKind.MOVIE,), library_id=FILMS.id))
    )
    assert films.total == 3
    assert films.facets.kind == {"movie": 3}


async def test_results_page_to_the_end(catalog: Catalog) -> None:
    await catalog.ingest(FILMS, [movie(FILMS, f"Snow {n}") for n in range(23)])
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = await catalog.search(ADA, Question(text="snow", limit=10, cursor=cursor))
        seen += [card.title for card in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
        with pytest.raises(Invalid):
            await catalog.search(ADA, Question(text="rain", cursor=cursor))
        with pytest.raises(Invalid):
            await catalog.search(ADA, Question(text="snow", cursor=cursor[:-2]))
    assert sorted(seen) == sorted(f"Snow {n}" for n in range(23))


def test_folding_keeps_what_distinguishes_words() -> None:
    assert fold("ÀÉÎõü ẞ Øre ŁÓDŹ") == "aeiou ss ore lodz"
    assert fold("ガ") != fold("カ")
    assert fold("한국") == "한국"
    assert indexed("Spider-Man") == "spider man spiderman"
