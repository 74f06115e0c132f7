"""Pages: every item once, in order, while the catalog changes, and no cursor but our own."""

import random
import string

import msgspec
import pytest

from mediaserver.catalog import Catalog, Filter, ItemKind, Order, Query, Sort
from mediaserver.errors import Invalid
from mediaserver.ids import ItemId, LibraryId
from mediaserver.library import FileState, LibraryKind
from tests.scanned import NOW, episode, info, library, movie, now, video, viewer

ADA = viewer()
FILMS = library()
MORE = library(LibraryKind.MOVIES, "More")
SHOWS = library(LibraryKind.SHOWS, "Shows")
HOMES = library(LibraryKind.HOMEVIDEOS, "Homes")


@pytest.fixture
async def full(catalog: Catalog) -> Catalog:
    """Forty movies in two libraries, a show, and three home videos; many values repeat."""
    chance = random.Random(1)
    for of in (FILMS, MORE):
        films = [
            movie(
                of,
                f"{chance.choice(('The ', '', 'A '))}{chance.choice('abcÄéz')}{n % 7} {n}",
                chance.choice((None, 1999, 2001)),
                media=info(chance.choice((5000.0, 6000.0)), genre=chance.choice(("Drama", "War"))),
                added_at=NOW + n % 5,
            )
            for n in range(20)
        ]
        await catalog.ingest(of, films)
    await catalog.ingest(SHOWS, [episode(SHOWS, "Fargo", 1, n) for n in (1, 2)])
    await catalog.ingest(HOMES, [video(HOMES, f"{n}.mp4") for n in range(3)])
    return catalog


async def walk(catalog: Catalog, query: Query) -> list[ItemId]:
    ids: list[ItemId] = []
    cursor: str | None = None
    while True:
        page = await catalog.page(ADA, msgspec.structs.replace(query, cursor=cursor))
        ids += [card.id for card in page.items]
        cursor = page.next_cursor
        if cursor is None:
            return ids
        assert len(page.items) == query.limit


@pytest.mark.parametrize("order", [None, *Order])
@pytest.mark.parametrize("sort", Sort)
async def test_pages_meet_every_item_once_and_in_order(
    full: Catalog, sort: Sort, order: Order | None
) -> None:
    whole = await full.page(ADA, Query(sort=sort, order=order, limit=200))
    assert whole.total == len(whole.items) == 44
    ids = [card.id for card in whole.items]
    assert len(set(ids)) == 44
    assert await walk(full, Query(sort=sort, order=order, limit=7)) == ids
    descending = order is Order.DESCENDING if order else sort is not Sort.TITLE
    if sort is not Sort.TITLE:
        name = {"added": "added_at", "year": "year", "duration": "duration"}[sort]
        values = [getattr(card, name) or 0 for card in whole.items]
        assert values == sorted(values, reverse=descending)


async def test_titles_sort_as_people_expect(catalog: Catalog) -> None:
    titles = ["Rocky 10", "The Abyss", "Rocky 2", "Émilie", "zodiac", "Alien", "¡Átame!", "300"]
    await catalog.ingest(FILMS, [movie(FILMS, title) for title in titles])
    page = await catalog.page(ADA, Query())
    assert [card.title for card in page.items] == [
        "300", "The Abyss", "Alien", "¡Átame!", "Émilie", "Rocky 2", "Rocky 10", "zodiac",
    ]  # fmt: skip


async def test_filters_narrow_and_count(full: Catalog) -> None:
    async def total(**chosen: object) -> int:
        page = await full.page(ADA, Query(filter=Filter(**chosen), limit=200))  # type: ignore[arg-type]
        assert page.total == len(page.items)
        return page.total

    assert await total(library_id=FILMS.id) == 20
    assert await total(library_id=LibraryId("nowhere")) == 0
    assert await total(kinds=(ItemKind.MOVIE,)) == 40
    assert await total(kinds=(ItemKind.SHOW, ItemKind.VIDEO)) == 4
    assert await total(kinds=(ItemKind.EPISODE,)) == 2
    assert await total(genre="Drama") + await total(genre="War") == 40
    assert await total(genre="drama' OR 1=1 --") == 0
    assert 0 < await total(year=1999, genre="War") < await total(year=1999)
    some = await full.page(ADA, Query(limit=5))
    ids = frozenset(card.id for card in some.items)
    assert await total(only=ids) == 5
    assert await total(only=frozenset()) == 0
    assert await total(without=ids) == 39


async def test_a_list_may_change_between_its_pages(full: Catalog) -> None:
    first = await full.page(ADA, Query(limit=10, sort=Sort.TITLE))
    last_shown = first.items[-1]
    await full.ingest(FILMS, [movie(FILMS, "0 comes before"), movie(FILMS, "zzz comes after")])
    rest = await full.page(ADA, Query(limit=200, cursor=first.next_cursor))
    titles = [card.title for card in rest.items]
    assert "0 comes before" not in titles
    assert titles[-1] == "zzz comes after"
    assert not {card.id for card in first.items} & {card.id for card in rest.items}
    assert len(rest.items) == 35
    assert last_shown.id not in {card.id for card in rest.items}


async def test_a_cursor_stays_good_when_its_item_goes(catalog: Catalog) -> None:
    films = [movie(FILMS, f"Film {n}") for n in range(6)]
    await catalog.ingest(FILMS, films)
    first = await catalog.page(ADA, Query(limit=3))
    await catalog.ingest(FILMS, [now(films[2], FileState.MISSING)])
    rest = await catalog.page(ADA, Query(limit=3, cursor=first.next_cursor))
    assert [card.title for card in rest.items] == ["Film 3", "Film 4", "Film 5"]
    assert (rest.total, rest.next_cursor) == (5, None)


async def test_an_altered_cursor_is_refused(full: Catalog) -> None:
    cursor = (await full.page(ADA, Query(limit=3))).next_cursor
    assert cursor
    alphabet = string.ascii_letters + string.digits + "-_"
    for at in range(len(cursor)):
        for char in random.Random(at).sample(alphabet, 4):
            altered = cursor[:at] + char + cursor[at + 1 :]
            if altered != cursor:
                with pytest.raises(Invalid):
                    await full.page(ADA, Query(limit=3, cursor=altered))
    for altered in ("", "x", cursor + "A", cursor[:-1], "é", cursor + "=", f" {cursor}"):
        with pytest.raises(Invalid):
            await full.page(ADA, Query(limit=3, cursor=altered))


async def test_a_cursor_belongs_to_its_order(full: Catalog) -> None:
    cursor = (await full.page(ADA, Query(limit=3))).next_cursor
    for query in (
        Query(cursor=cursor, sort=Sort.YEAR),
        Query(cursor=cursor, order=Order.DESCENDING),
    ):
        with pytest.raises(Invalid):
            await full.page(ADA, query)


async def test_numbered_pages_show_the_same(full: Catalog) -> None:
    ids = [c.id for c in (await full.page(ADA, Query(limit=200))).items]
    pages = [await full.page(ADA, Query(limit=20, page=n)) for n in (1, 2, 3, 4)]
    assert [c.id for page in pages for c in page.items] == ids
    assert [len(page.items) for page in pages] == [20, 20, 4, 0]
    for page in (0, -1, 501):
        with pytest.raises(Invalid):
            await full.page(ADA, Query(limit=20, page=page))


@pytest.mark.parametrize("limit", [0, -1, 201])
async def test_an_impossible_page_size_is_refused(catalog: Catalog, limit: int) -> None:
    with pytest.raises(Invalid):
        await catalog.page(ADA, Query(limit=limit))


async def test_totals_follow_the_catalog(full: Catalog) -> None:
    assert (await full.page(ADA, Query(limit=1))).total == 44
    await full.ingest(FILMS, [movie(FILMS, "One more")])
    assert (await full.page(ADA, Query(limit=1))).total == 45


async def test_cards_come_in_the_order_asked_for(full: Catalog) -> None:
    ids = [card.id for card in (await full.page(ADA, Query(limit=200))).items]
    random.Random(3).shuffle(ids)
    cards = await full.cards(ADA, [*ids, ItemId("unknown")])
    assert [card.id for card in cards] == ids


async def test_genres_are_counted(full: Catalog) -> None:
    counts = {genre.name: genre.count for genre in await full.genres(ADA)}
    assert set(counts) == {"Drama", "War"}
    assert sum(counts.values()) == 40
    assert await full.genres(ADA, SHOWS.id) == []


async def test_the_lists_use_their_indexes(full: Catalog, db) -> None:
    """No sorting and no walking: the plan of a page names the index of its sort."""
    for column in ("sort_title", "added_at", "year", "duration", "latest_at"):
        _, plan = await db.fetch(
            "EXPLAIN QUERY PLAN"
            f" SELECT i.{column}, i.number FROM items i WHERE i.library_id = ? AND i.kind = ?"
            f" AND i.hidden = 0 AND (i.{column}, i.number) > (?, ?) UNION ALL"
            f" SELECT i.{column}, i.number FROM items i WHERE i.library_id = ? AND i.kind = ?"
            f" AND i.hidden = 0 AND (i.{column}, i.number) > (?, ?) ORDER BY 1, 2 LIMIT 9",
            ("a", "movie", 0, 0, "b", "movie", 0, 0),
        )
        steps = " ".join(str(row[3]) for row in plan)
        assert "MERGE (UNION ALL)" in steps
        assert "TEMP B-TREE" not in steps
        assert steps.count(f"({'library_id=? AND kind=? AND hidden=?'}") == 2
