"""Files become items: movies with versions, shows with seasons, and what happens when they go."""

import msgspec
import pytest

from mediaserver.accounts import Role
from mediaserver.catalog import Catalog, Filter, ItemCard, ItemKind, ItemState, Query, Question
from mediaserver.db import Database
from mediaserver.errors import NotFound
from mediaserver.ids import ItemId
from mediaserver.library import Artwork, FileState, LibraryKind, MediaFile
from tests.scanned import (
    NOW,
    episode,
    info,
    library,
    movie,
    now,
    renamed,
    scanned,
    video,
    viewer,
)

ADA = viewer()
FILMS = library()
SHOWS = library(LibraryKind.SHOWS, "Shows")


async def listed(catalog: Catalog, *kinds: ItemKind) -> list[ItemCard]:
    page = await catalog.page(ADA, Query(filter=Filter(kinds=kinds)))
    assert page.total == len(page.items)
    return list(page.items)


async def only(catalog: Catalog, *kinds: ItemKind) -> ItemCard:
    (card,) = await listed(catalog, *kinds)
    return card


async def found(catalog: Catalog, text: str) -> list[str]:
    return [card.title for card in (await catalog.search(ADA, Question(text=text))).items]


async def dump(db: Database) -> list[object]:
    tables = ("items", "item_files", "item_images", "item_genres", "item_search")
    return [(await db.fetch(f"SELECT * FROM {table} ORDER BY 1, 2", ())) for table in tables]


async def test_a_file_becomes_a_movie_with_one_version(catalog: Catalog) -> None:
    file = movie(FILMS, "Blade Runner", 1982, media=info(7020.0, 2160, genre="Drama; Noir"))
    await catalog.ingest(FILMS, [file])
    item = await catalog.get(ADA, (await only(catalog)).id)
    assert (item.kind, item.title, item.year) == (ItemKind.MOVIE, "Blade Runner", 1982)
    assert (item.duration, item.height, item.added_at) == (7020.0, 2160, NOW)
    assert item.genres == ("Drama", "Noir")
    (version,) = item.versions
    assert (version.id, version.label, version.container) == (file.id, "2160p", "matroska")
    assert version.audio_tracks[0].codec == "aac"
    assert version.path is None
    assert item.id not in (file.id, file.identity.key)


async def test_only_owner_and_admin_see_paths(catalog: Catalog) -> None:
    await catalog.ingest(FILMS, [movie(FILMS, "Alien", 1979)])
    card = await only(catalog)
    for role in Role:
        item = await catalog.get(viewer(role=role), card.id)
        told = item.versions[0].path == "/media/films/Alien (1979)/Alien (1979).mkv"
        assert told is (role in {Role.OWNER, Role.ADMIN})


async def test_ingesting_twice_changes_nothing(catalog: Catalog, db: Database) -> None:
    films = [movie(FILMS, "Alien", 1979, media=info(genre="Horror")), movie(FILMS, "Brazil")]
    shows = [episode(SHOWS, "Fargo", s, e, series_art=Artwork(poster="Fargo/p.jpg"))
             for s in (0, 1) for e in (1, 2)]  # fmt: skip
    await catalog.ingest(FILMS, films)
    await catalog.ingest(SHOWS, shows)
    before = await dump(db)
    await catalog.ingest(SHOWS, shows[::-1])
    await catalog.ingest(FILMS, films[:1])
    assert await dump(db) == before


async def test_one_batch_or_many_make_the_same_catalog(catalog: Catalog) -> None:
    files = [episode(SHOWS, show, s, e) for show in ("Fargo", "Lost") for s in (1, 2)
             for e in range(1, 4)]  # fmt: skip
    for file in files:
        await catalog.ingest(SHOWS, [file])
    single = [msgspec.structs.replace(c, id=ItemId("")) for c in await listed(catalog)]
    await catalog.ingest(SHOWS, files)
    assert [msgspec.structs.replace(c, id=ItemId("")) for c in await listed(catalog)] == single
    assert await catalog.counts(ADA) == {
        ItemKind.MOVIE: 0, ItemKind.SHOW: 2, ItemKind.SEASON: 4, ItemKind.EPISODE: 12,
        ItemKind.VIDEO: 0,
    }  # fmt: skip


async def test_versions_come_best_first(catalog: Catalog) -> None:
    labels = ("360p", "Directors Cut", None, "2160p", "1080p")
    files = {label: movie(FILMS, "Heat", 1995, version=label) for label in labels}
    await catalog.ingest(FILMS, list(files.values()))
    card = await only(catalog)
    expected = [None, "2160p", "1080p", "360p", "Directors Cut"]
    assert list(await catalog.files(ADA, card.id)) == [files[label].id for label in expected]
    broken = now(files[None], FileState.FAILED, "the file is damaged")
    await catalog.ingest(FILMS, [broken])
    assert (await catalog.files(ADA, card.id))[-1] == broken.id
    item = await catalog.get(ADA, card.id)
    assert item.state is ItemState.PRESENT
    assert item.versions[-1].problem == "the file is damaged"


async def test_a_wide_film_is_called_by_its_width(catalog: Catalog) -> None:
    wide = info()
    track = msgspec.structs.replace(wide.video[0], width=1920, height=800)
    media = msgspec.structs.replace(wide, video=(track,))
    await catalog.ingest(FILMS, [movie(FILMS, "Ben-Hur", 1959, media=media)])
    item = await catalog.get(ADA, (await only(catalog)).id)
    assert item.versions[0].label == "1080p"


async def test_a_phone_video_is_as_tall_as_it_is_shown(catalog: Catalog) -> None:
    upright = info()
    track = msgspec.structs.replace(upright.video[0], rotation=90)
    media = msgspec.structs.replace(upright, video=(track,))
    await catalog.ingest(FILMS, [movie(FILMS, "Garden", media=media)])
    item = await catalog.get(ADA, (await only(catalog)).id)
    assert (item.versions[0].width, item.versions[0].height) == (1080, 1920)


async def test_parts_play_in_order_and_count_together(catalog: Catalog) -> None:
    one = movie(FILMS, "Dune", 1984, media=info(3000.0))
    parts = [
        msgspec.structs.replace(
            one,
            id=f"part{n}",
            path=f"Dune (1984)/Dune (1984)-cd{n}.avi",
            identity=msgspec.structs.replace(one.identity, part=n),
        )
        for n in (2, 1)
    ]
    await catalog.ingest(FILMS, parts)
    card = await only(catalog)
    assert card.duration == 6000.0
    assert await catalog.files(ADA, card.id) == ("part1", "part2")


async def test_a_show_appears_with_seasons_and_specials(catalog: Catalog) -> None:
    await catalog.ingest(
        SHOWS,
        [episode(SHOWS, "Fargo", s, e, year=2014) for s, e in ((2, 1), (0, 1), (1, 2), (1, 1))],
    )
    show = await only(catalog)
    assert (show.kind, show.title, show.year, show.child_count) == ("show", "Fargo", 2014, 4)
    seasons = await catalog.children(ADA, show.id)
    assert [s.title for s in seasons] == ["Season 1", "Season 2", "Specials"]
    assert [s.child_count for s in seasons] == [2, 1, 1]
    assert {s.show_id for s in seasons} == {show.id}
    first, second = await catalog.children(ADA, seasons[0].id)
    assert [(e.season_number, e.episode_number) for e in (first, second)] == [(1, 1), (1, 2)]
    assert (first.show_title, first.season_id, first.title) == ("Fargo", seasons[0].id, "Part 1")
    assert await catalog.children(ADA, first.id) == ()


async def test_episodes_know_their_neighbours(catalog: Catalog) -> None:
    places = ((0, 1), (0, 2), (1, 1), (1, 2), (1, 10), (2, 1))
    files = [episode(SHOWS, "Fargo", s, e, title=f"{s}x{e}") for s, e in places]
    await catalog.ingest(SHOWS, files[::-1])
    by_title = {card.title: card.id for card in await listed(catalog, ItemKind.EPISODE)}

    async def after(title: str) -> str | None:
        card = await catalog.next_episode(ADA, by_title[title])
        return card.title if card else None

    async def before(title: str) -> str | None:
        card = await catalog.previous_episode(ADA, by_title[title])
        return card.title if card else None

    assert [await after(t) for t in ("1x1", "1x2", "1x10", "2x1")] == ["1x2", "1x10", "2x1", None]
    assert [await before(t) for t in ("2x1", "1x2", "1x1")] == ["1x10", "1x1", None]
    assert [await after("0x1"), await after("0x2"), await before("0x2")] == ["0x2", None, "0x1"]
    await catalog.ingest(SHOWS, [now(files[4], FileState.AWAY)])
    assert await after("1x2") == "2x1"


async def test_dated_episodes_follow_by_date(catalog: Catalog) -> None:
    def on(date: str) -> MediaFile:
        file = episode(SHOWS, "News", 1, 1, title=date)
        identity = msgspec.structs.replace(
            file.identity, key=f"episode:News:{date}", season=None, episode=None, date=date
        )
        return renamed(file, identity, f"News/News {date}.mkv")

    await catalog.ingest(SHOWS, [on("2018-12-31"), on("2018-03-24"), on("2019-01-01")])
    show = await only(catalog)
    seasons = await catalog.children(ADA, show.id)
    assert [s.title for s in seasons] == ["Season 2018", "Season 2019"]
    episodes = await catalog.children(ADA, seasons[0].id)
    assert [e.date for e in episodes] == ["2018-03-24", "2018-12-31"]
    following = await catalog.next_episode(ADA, episodes[1].id)
    assert following
    assert following.date == "2019-01-01"


async def test_missing_files_hide_an_item_and_it_comes_back_the_same(catalog: Catalog) -> None:
    file = movie(FILMS, "Alien", 1979)
    await catalog.ingest(FILMS, [file, movie(FILMS, "Brazil", 1985)])
    card = next(c for c in await listed(catalog) if c.title == "Alien")
    await catalog.ingest(FILMS, [now(file, FileState.MISSING)])
    assert [c.title for c in await listed(catalog)] == ["Brazil"]
    assert await found(catalog, "alien") == []
    assert await catalog.cards(ADA, [card.id]) == ()
    assert await catalog.files(ADA, card.id) == ()
    with pytest.raises(NotFound):
        await catalog.get(ADA, card.id)
    await catalog.ingest(FILMS, [file])
    assert (await catalog.card(ADA, card.id)) == card
    assert await found(catalog, "alien") == ["Alien"]


async def test_a_version_that_went_missing_leaves_the_movie(catalog: Catalog) -> None:
    both = [movie(FILMS, "Heat", 1995), movie(FILMS, "Heat", 1995, version="2160p")]
    await catalog.ingest(FILMS, both)
    await catalog.ingest(FILMS, [now(both[0], FileState.MISSING)])
    item = await catalog.get(ADA, (await only(catalog)).id)
    assert [version.id for version in item.versions] == [both[1].id]


async def test_away_reaches_season_and_show_only_when_nothing_is_left(catalog: Catalog) -> None:
    files = [episode(SHOWS, "Fargo", s, e) for s, e in ((1, 1), (1, 2), (2, 1))]
    await catalog.ingest(SHOWS, files)
    show = await only(catalog)

    async def states() -> list[str]:
        cards = [await catalog.card(ADA, show.id), *await catalog.children(ADA, show.id)]
        return [card.state.value for card in cards]

    await catalog.ingest(SHOWS, [now(files[0], FileState.AWAY)])
    assert await states() == ["present", "present", "present"]
    await catalog.ingest(SHOWS, [now(files[1], FileState.AWAY)])
    assert await states() == ["present", "away", "present"]
    await catalog.ingest(SHOWS, [now(files[2], FileState.AWAY)])
    assert await states() == ["away", "away", "away"]
    assert show.id == (await only(catalog)).id
    await catalog.ingest(SHOWS, files)
    assert await states() == ["present", "present", "present"]
    await catalog.ingest(SHOWS, [now(f, FileState.FAILED) for f in files])
    assert await states() == ["failed", "failed", "failed"]


async def test_shows_and_seasons_go_and_come_with_their_episodes(catalog: Catalog) -> None:
    files = [episode(SHOWS, "Fargo", s, 1) for s in (1, 2)]
    await catalog.ingest(SHOWS, files)
    show = await only(catalog)
    await catalog.ingest(SHOWS, [now(files[0], FileState.MISSING)])
    assert [s.title for s in await catalog.children(ADA, show.id)] == ["Season 2"]
    assert (await only(catalog)).child_count == 1
    await catalog.ingest(SHOWS, [now(files[1], FileState.MISSING)])
    assert await listed(catalog) == []
    assert await found(catalog, "fargo") == []
    await catalog.ingest(SHOWS, files)
    assert await only(catalog) == show


async def test_an_episode_read_anew_moves_to_its_right_season(catalog: Catalog) -> None:
    right, wrong = episode(SHOWS, "Fargo", 1, 1), episode(SHOWS, "Fargo", 7, 1)
    await catalog.ingest(SHOWS, [right, wrong])
    show = await only(catalog)
    moved = renamed(wrong, episode(SHOWS, "Fargo", 1, 2).identity, "Fargo/Season 01/2.mkv")
    before = {c.id for c in await listed(catalog, ItemKind.EPISODE)}
    await catalog.ingest(SHOWS, [moved])
    (season,) = await catalog.children(ADA, show.id)
    assert [e.episode_number for e in await catalog.children(ADA, season.id)] == [1, 2]
    assert {c.id for c in await listed(catalog, ItemKind.EPISODE)} == before


async def test_a_renamed_movie_keeps_its_id(catalog: Catalog) -> None:
    file = movie(FILMS, "Alein", 1979)
    await catalog.ingest(FILMS, [file])
    before = await only(catalog)
    fixed = movie(FILMS, "Alien", 1979)
    await catalog.ingest(FILMS, [renamed(file, fixed.identity, fixed.path)])
    after = await only(catalog)
    assert (after.id, after.title) == (before.id, "Alien")
    assert (await found(catalog, "alein"), await found(catalog, "alien")) == ([], ["Alien"])


async def test_a_file_that_leaves_its_versions_becomes_its_own_movie(catalog: Catalog) -> None:
    stays, goes = movie(FILMS, "Heat", 1995), movie(FILMS, "Heat", 1995, version="1986")
    await catalog.ingest(FILMS, [stays, goes])
    heat = await only(catalog)
    other = movie(FILMS, "Heat", 1986)
    await catalog.ingest(FILMS, [renamed(goes, other.identity, other.path)])
    cards = await listed(catalog)
    assert [card.year for card in cards] == [1995, 1986]
    assert await catalog.files(ADA, heat.id) == (stays.id,)


async def test_a_file_that_joins_another_movie_hides_the_one_it_left(catalog: Catalog) -> None:
    heat, lone = movie(FILMS, "Heat", 1995), movie(FILMS, "Heat 4k", 1995)
    await catalog.ingest(FILMS, [heat, lone])
    joined = renamed(lone, movie(FILMS, "Heat", 1995, version="2160p").identity, lone.path)
    await catalog.ingest(FILMS, [joined])
    assert len((await catalog.get(ADA, (await only(catalog)).id)).versions) == 2


async def test_an_extra_is_no_item(catalog: Catalog) -> None:
    file = movie(FILMS, "Alien", 1979)
    trailer = scanned(FILMS, "Alien (1979)/trailer.mkv", msgspec.structs.replace(
        file.identity, kind="extra", key="extra:Alien (1979)/trailer.mkv"))  # fmt: skip
    await catalog.ingest(FILMS, [file, trailer])
    assert len((await catalog.get(ADA, (await only(catalog)).id)).versions) == 1
    became = renamed(file, trailer.identity, file.path)
    await catalog.ingest(FILMS, [became])
    assert await listed(catalog) == []


async def test_a_file_that_never_could_be_read_is_listed_as_failed(catalog: Catalog) -> None:
    file = msgspec.structs.replace(
        movie(FILMS, "Broken"), state=FileState.FAILED, info=None, reason="no picture and no sound"
    )
    await catalog.ingest(FILMS, [file])
    item = await catalog.get(ADA, (await only(catalog)).id)
    assert (item.state, item.duration) == (ItemState.FAILED, None)
    assert item.versions[0].problem == "no picture and no sound"


async def test_sound_without_a_picture_is_no_film(catalog: Catalog) -> None:
    album = msgspec.structs.replace(
        movie(FILMS, "Album"), state=FileState.FAILED, info=None, reason_code="no_video"
    )
    await catalog.ingest(FILMS, [album])
    assert await listed(catalog) == []
    film = movie(FILMS, "Concert")
    await catalog.ingest(FILMS, [film])
    await catalog.ingest(
        FILMS, [msgspec.structs.replace(film, state=FileState.FAILED, reason_code="no_video")]
    )
    assert await listed(catalog) == []
    await catalog.ingest(FILMS, [film])
    assert [card.title for card in await listed(catalog)] == ["Concert"]


async def test_a_show_renamed_on_disk_is_found_by_its_new_name(catalog: Catalog) -> None:
    files = [episode(SHOWS, "Fargoo", 1, e) for e in (1, 2)]
    await catalog.ingest(SHOWS, files)
    moved = [renamed(f, msgspec.structs.replace(f.identity, series_title="Fargo"), f.path)
             for f in files]  # fmt: skip
    await catalog.ingest(SHOWS, moved)
    assert await found(catalog, "fargoo") == []
    assert sorted(await found(catalog, "fargo")) == ["Fargo", "Part 1", "Part 2"]


async def test_home_videos_are_titled_by_file_name(catalog: Catalog) -> None:
    homes = library(LibraryKind.HOMEVIDEOS, "Uploads")
    await catalog.ingest(homes, [video(homes, "2019/Grandma's 80th.mp4")])
    card = await only(catalog)
    assert (card.kind, card.title) == (ItemKind.VIDEO, "Grandma's 80th")


async def test_recently_added_groups_episodes_under_their_show(catalog: Catalog) -> None:
    files = [
        episode(SHOWS, "Old", 1, 1, added_at=NOW),
        episode(SHOWS, "New", 1, 1, added_at=NOW + 5),
        episode(SHOWS, "Old", 1, 2, added_at=NOW + 9),
    ]
    await catalog.ingest(SHOWS, files)
    await catalog.ingest(FILMS, [movie(FILMS, "Alien", added_at=NOW + 99)])
    cards = await catalog.recently_added(ADA, SHOWS.id, 16)
    assert [card.title for card in cards] == ["Old", "New"]
    assert await catalog.recently_added(ADA, SHOWS.id, 1) == cards[:1]


async def test_a_removed_library_takes_its_items_along(catalog: Catalog, db: Database) -> None:
    await catalog.ingest(FILMS, [movie(FILMS, "Alien")])
    await catalog.ingest(SHOWS, [episode(SHOWS, "Fargo", 1, 1)])
    await catalog.remove_library(SHOWS.id)
    assert [card.title for card in await listed(catalog)] == ["Alien"]
    assert await db.value("SELECT count(*) FROM item_search") == 1
    assert await db.value("SELECT count(*) FROM item_files") == 1
