"""Home rows: what to continue, what comes next, what is new, and what is still unwatched."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from mediaserver.accounts import Viewer
from mediaserver.catalog import Catalog, Filter, ItemCard, ItemKind, Query
from mediaserver.db import open_database
from mediaserver.history import History, PlayerState
from mediaserver.ids import ItemId, PlaybackId
from mediaserver.library import FileState, Library, LibraryKind
from mediaserver.shelves import Shelves
from tests.scanned import episode, library, movie, now, viewer

ADA, BOB = viewer("ada"), viewer("bob")
FILMS = library()
SHOWS = library(LibraryKind.SHOWS, "Shows")
DAY = 86400.0


class House:
    """The three rooms together, with a clock of their own."""

    def __init__(self, catalog: Catalog, history: History) -> None:
        self.now = 1_700_000_000.0
        self.catalog = catalog
        self.history = history
        self.shelves = Shelves(catalog, history, self.libraries, lambda: self.now)
        self.ids: dict[str, ItemId] = {}

    async def libraries(self) -> Sequence[Library]:
        return [FILMS, SHOWS]

    async def learn(self) -> None:
        page = await self.catalog.page(ADA, Query(filter=Filter(kinds=tuple(ItemKind)), limit=200))
        for card in page.items:
            named = card.title
            if card.kind is ItemKind.EPISODE:
                named = f"{card.show_title} {card.season_number}x{card.episode_number}"
            elif card.kind is ItemKind.SEASON:
                named = f"{card.show_title} {card.season_number}"
            self.ids[named] = card.id

    async def play(
        self, name: str, position: float, duration: float = 1800.0, *, by: Viewer = ADA
    ) -> None:
        self.now += 60
        session = PlaybackId(f"session{self.now}")
        await self.history.record(
            by, self.ids[name], session, position, duration, PlayerState.STOPPED
        )

    async def finish(self, *names: str) -> None:
        for name in names:
            await self.play(name, 1790.0)

    async def next_up(self, who: Viewer = ADA) -> list[str]:
        return [self.name(card) for card in await self.shelves.next_up(who)]

    async def card(self, name: str, who: Viewer = ADA) -> ItemCard:
        return await self.shelves.dress_one(who, await self.catalog.card(who, self.ids[name]))

    def name(self, card: ItemCard) -> str:
        return next(name for name, id_ in self.ids.items() if id_ == card.id)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_database(tmp_path / "test.db") as db:
        catalog = Catalog(db)
        await catalog.ingest(FILMS, [movie(FILMS, f"Film {n}") for n in range(15)])
        places = ((0, 1), (1, 1), (1, 2), (1, 3), (2, 1), (2, 2))
        shows = [episode(SHOWS, show, s, e) for show in ("Fargo", "Lost") for s, e in places]
        await catalog.ingest(SHOWS, shows)
        made: list[House] = []
        history = History(db, lambda: made[0].now)
        made.append(House(catalog, history))
        await made[0].learn()
        yield made[0]


async def test_nothing_watched_means_only_what_is_new(house: House) -> None:
    rows = await house.shelves.home(ADA)
    assert [row.title for row in rows] == ["Recently Added in Films", "Recently Added in Shows"]
    assert [row.id for row in rows] == [
        f"recently-added-{FILMS.id}",
        f"recently-added-{SHOWS.id}",
    ]
    assert [len(row.items) for row in rows] == [15, 2]


async def test_the_home_rows_come_in_their_order(house: House) -> None:
    await house.finish("Fargo 1x1")
    await house.play("Film 1", 900.0)
    await house.history.set_favorite(ADA, house.ids["Film 2"], favorite=True)
    rows = await house.shelves.home(ADA)
    assert [row.title for row in rows] == [
        "Continue Watching",
        "Next Up",
        "Recently Added in Films",
        "Recently Added in Shows",
        "My List",
    ]
    assert [card.title for card in rows[0].items] == ["Film 1"]
    assert rows[0].items[0].user.resume_position == 900.0
    assert [card.title for card in rows[-1].items] == ["Film 2"]
    assert await house.shelves.home(BOB) == await house.shelves.home(viewer("cleo"))


async def test_home_follows_every_change(house: House) -> None:
    before = await house.shelves.home(ADA)
    assert await house.shelves.home(ADA) is before
    await house.play("Film 1", 900.0)
    after = await house.shelves.home(ADA)
    assert [row.id for row in after][:1] == ["continue-watching"]
    new = movie(FILMS, "Brand New", added_at=house.now)
    await house.catalog.ingest(FILMS, [new])
    titles = [card.title for row in await house.shelves.home(ADA) for card in row.items]
    assert "Brand New" in titles


async def test_continue_watching_holds_twelve_last_played_first(house: House) -> None:
    for n in range(14):
        await house.play(f"Film {n}", 900.0)
    cards = await house.shelves.continue_watching(ADA)
    assert [card.title for card in cards] == [f"Film {n}" for n in range(13, 1, -1)]
    await house.play("Film 2", 1790.0)
    await house.play("Film 3", 10.0)
    titles = [card.title for card in await house.shelves.continue_watching(ADA)]
    assert len(titles) == 12
    assert not {"Film 2", "Film 3"} & set(titles)


async def test_an_item_that_is_gone_is_on_no_row(house: House) -> None:
    file = movie(FILMS, "Leaving")
    await house.catalog.ingest(FILMS, [file])
    await house.learn()
    await house.play("Leaving", 900.0)
    await house.history.set_favorite(ADA, house.ids["Leaving"], favorite=True)
    await house.catalog.ingest(FILMS, [now(file, FileState.MISSING)])
    titles = [card.title for row in await house.shelves.home(ADA) for card in row.items]
    assert "Leaving" not in titles


async def test_next_up_is_the_first_unwatched_after_the_last_watched(house: House) -> None:
    assert await house.next_up() == []
    await house.finish("Fargo 1x1")
    assert await house.next_up() == ["Fargo 1x2"]
    await house.finish("Fargo 1x3")
    assert await house.next_up() == ["Fargo 2x1"]
    await house.finish("Fargo 2x1", "Fargo 2x2")
    assert await house.next_up() == []
    assert await house.next_up(BOB) == []


async def test_next_up_skips_what_was_seen_already(house: House) -> None:
    await house.finish("Fargo 1x2", "Fargo 1x1")
    assert await house.next_up() == ["Fargo 1x3"]


async def test_next_up_puts_the_show_watched_last_first(house: House) -> None:
    await house.finish("Fargo 1x1", "Lost 1x1")
    assert await house.next_up() == ["Lost 1x2", "Fargo 1x2"]
    await house.finish("Fargo 1x2")
    assert await house.next_up() == ["Fargo 1x3", "Lost 1x2"]


async def test_next_up_leaves_what_is_resumable_to_continue_watching(house: House) -> None:
    await house.finish("Fargo 1x1")
    await house.play("Fargo 1x2", 900.0)
    assert await house.next_up() == []
    assert [house.name(c) for c in await house.shelves.continue_watching(ADA)] == ["Fargo 1x2"]


async def test_next_up_ends_after_a_year(house: House) -> None:
    await house.finish("Fargo 1x1")
    house.now += 364 * DAY
    assert await house.next_up() == ["Fargo 1x2"]
    house.now += 2 * DAY
    assert await house.next_up() == []


async def test_specials_neither_start_nor_follow_in_next_up(house: House) -> None:
    await house.finish("Fargo 0x1")
    assert await house.next_up() == []
    await house.finish("Fargo 2x2")
    assert await house.next_up() == []


async def test_a_season_marked_by_hand_continues_after_its_end(house: House) -> None:
    await house.shelves.set_watched(ADA, house.ids["Fargo 1"], watched=True)
    assert await house.next_up() == ["Fargo 2x1"]


async def test_unwatched_counts_follow_what_is_watched(house: House) -> None:
    assert (await house.card("Fargo")).unwatched_count == 6
    await house.finish("Fargo 1x1", "Fargo 0x1")
    show, season, special = [await house.card(n) for n in ("Fargo", "Fargo 1", "Fargo 0")]
    assert (show.unwatched_count, season.unwatched_count, special.unwatched_count) == (4, 2, 0)
    assert (show.user.watched, season.user.watched, special.user.watched) == (False, False, True)
    assert (await house.card("Fargo", BOB)).unwatched_count == 6
    assert (await house.card("Film 1")).unwatched_count is None


async def test_a_show_is_watched_when_all_its_episodes_are(house: House) -> None:
    await house.shelves.set_watched(ADA, house.ids["Fargo"], watched=True)
    card = await house.card("Fargo")
    assert (card.user.watched, card.unwatched_count) == (True, 0)
    assert {house.ids["Fargo"], house.ids["Fargo 1"], house.ids["Fargo 1x1"]} <= (
        await house.shelves.watched_ids(ADA)
    )
    assert house.ids["Lost"] not in await house.shelves.watched_ids(ADA)
    await house.catalog.ingest(SHOWS, [episode(SHOWS, "Fargo", 3, 1)])
    card = await house.card("Fargo")
    assert (card.user.watched, card.unwatched_count) == (False, 1)
    await house.shelves.set_watched(ADA, house.ids["Fargo"], watched=False)
    assert (await house.card("Fargo")).unwatched_count == 7


async def test_the_play_button_of_a_show_knows_where_one_is(house: House) -> None:
    async def button() -> str | None:
        card = await house.shelves.to_play(ADA, house.ids["Fargo"])
        return house.name(card) if card else None

    assert await button() == "Fargo 1x1"
    await house.finish("Fargo 1x1")
    assert await button() == "Fargo 1x2"
    await house.play("Fargo 2x1", 900.0)
    assert await button() == "Fargo 2x1"
    await house.shelves.set_watched(ADA, house.ids["Fargo"], watched=True)
    assert await button() == "Fargo 1x1"


async def test_history_lists_what_was_played_last_first(house: House) -> None:
    await house.play("Film 1", 5.0)
    await house.finish("Fargo 1x1")
    await house.history.set_watched(ADA, [house.ids["Film 2"]], watched=True)
    cards, moments = await house.shelves.history(ADA, 1)
    assert [house.name(card) for card in cards] == ["Fargo 1x1"]
    assert moments.total == 2
    cards, moments = await house.shelves.history(ADA, 1, moments.following)
    assert [house.name(card) for card in cards] == ["Film 1"]
    assert cards[0].user.position == 5.0
    assert moments.following is None
