"""Pictures: beside the files, generated, chosen, and what an item borrows when it has none."""

import msgspec
import pytest

from mediaserver.catalog import (
    Catalog,
    Filter,
    ImageOrigin,
    ImageSource,
    ImageType,
    ItemCard,
    ItemKind,
    Query,
)
from mediaserver.errors import NotFound
from mediaserver.ids import ItemId
from mediaserver.library import Artwork, FileState, LibraryKind
from tests.scanned import episode, library, movie, now, renamed, video, viewer

ADA = viewer()
FILMS = library()
SHOWS = library(LibraryKind.SHOWS, "Shows")
HOMES = library(LibraryKind.HOMEVIDEOS, "Homes")
POSTER, BACKDROP, THUMB = ImageType.POSTER, ImageType.BACKDROP, ImageType.THUMB


async def card(catalog: Catalog, kind: ItemKind, at: int = 0) -> ItemCard:
    return (await catalog.page(ADA, Query(filter=Filter(kinds=(kind,))))).items[at]


async def test_a_poster_beside_the_film_is_its_poster(catalog: Catalog) -> None:
    file = movie(FILMS, "Alien", art=Artwork(poster="Alien/poster.jpg", logo="Alien/logo.png"))
    await catalog.ingest(FILMS, [file])
    found = await card(catalog, ItemKind.MOVIE)
    assert set(found.images) == {"poster", "logo"}
    address, _, version = found.images["poster"].url.partition("?v=")
    assert address == f"/api/items/{found.id}/images/poster"
    assert len(version) == 8
    origin = await catalog.image(ADA, found.id, POSTER)
    assert (origin.root_id, origin.path) == (FILMS.roots[0].id, "Alien/poster.jpg")
    with pytest.raises(NotFound):
        await catalog.image(ADA, found.id, THUMB)


async def test_a_version_may_lend_the_film_its_picture(catalog: Catalog) -> None:
    plain = movie(FILMS, "Alien")
    other = movie(FILMS, "Alien", version="2160p", art=Artwork(backdrop="Alien/b.jpg"))
    await catalog.ingest(FILMS, [plain, other])
    found = await card(catalog, ItemKind.MOVIE)
    assert (await catalog.image(ADA, found.id, THUMB)).path == "Alien/b.jpg"
    await catalog.ingest(FILMS, [now(other, FileState.MISSING)])
    assert (await card(catalog, ItemKind.MOVIE)).images == {}


async def test_the_address_changes_with_the_picture_only(catalog: Catalog) -> None:
    file = movie(FILMS, "Alien", art=Artwork(poster="Alien/poster.jpg"))
    await catalog.ingest(FILMS, [file])
    before = await card(catalog, ItemKind.MOVIE)
    described = ImageOrigin(
        source=ImageSource.BESIDE,
        root_id=FILMS.roots[0].id,
        path="Alien/poster.jpg",
        version="0badcafe",
        placeholder="data:x",
    )
    await catalog.set_image(before.id, POSTER, described)
    after = await card(catalog, ItemKind.MOVIE)
    assert after.images["poster"].url.endswith("?v=0badcafe")
    assert after.images["poster"].placeholder == "data:x"
    await catalog.ingest(FILMS, [file])
    assert (await card(catalog, ItemKind.MOVIE)).images == after.images
    moved = msgspec.structs.replace(file.identity, art=Artwork(poster="Alien/cover.jpg"))
    await catalog.ingest(FILMS, [renamed(file, moved, file.path)])
    assert (await card(catalog, ItemKind.MOVIE)).images["poster"].placeholder is None


async def test_seasons_and_episodes_borrow_from_their_show(catalog: Catalog) -> None:
    art = Artwork(poster="Fargo/poster.jpg", backdrop="Fargo/fanart.jpg", logo="Fargo/logo.png")
    season = Artwork(poster="Fargo/season02-poster.jpg")
    await catalog.ingest(
        SHOWS,
        [
            episode(SHOWS, "Fargo", 1, 1, series_art=art),
            episode(SHOWS, "Fargo", 2, 1, series_art=art, season_art=season),
        ],
    )
    show = await card(catalog, ItemKind.SHOW)
    first, second = await catalog.children(ADA, show.id)
    assert first.images["poster"].url == show.images["poster"].url
    assert second.images["poster"].url.startswith(f"/api/items/{second.id}/images/poster")
    (one,) = await catalog.children(ADA, first.id)
    (two,) = await catalog.children(ADA, second.id)
    assert one.images["backdrop"].url == show.images["backdrop"].url
    assert two.images["poster"].url == second.images["poster"].url
    assert (await catalog.image(ADA, two.id, POSTER)).path == "Fargo/season02-poster.jpg"
    assert (await catalog.image(ADA, one.id, ImageType.LOGO)).path == "Fargo/logo.png"


async def test_a_new_show_picture_reaches_all_that_borrow_it(catalog: Catalog) -> None:
    await catalog.ingest(SHOWS, [episode(SHOWS, "Fargo", 1, n) for n in (1, 2)])
    show = await card(catalog, ItemKind.SHOW)
    made = ImageOrigin(source=ImageSource.GENERATED, path="stills/a.webp", version="11111111")
    await catalog.set_image(show.id, POSTER, made)
    for kind in (ItemKind.SHOW, ItemKind.SEASON, ItemKind.EPISODE):
        found = await card(catalog, kind)
        assert found.images["poster"].url == f"/api/items/{show.id}/images/poster?v=11111111"


async def test_what_lies_beside_replaces_what_was_generated_but_not_what_was_chosen(
    catalog: Catalog,
) -> None:
    file = movie(FILMS, "Alien")
    await catalog.ingest(FILMS, [file])
    found = await card(catalog, ItemKind.MOVIE)
    await catalog.set_image(
        found.id, POSTER, ImageOrigin(source=ImageSource.GENERATED, path="stills/a.webp")
    )
    with_art = renamed(
        file, msgspec.structs.replace(file.identity, art=Artwork(poster="p.jpg")), file.path
    )
    await catalog.ingest(FILMS, [file])
    assert (await catalog.image(ADA, found.id, POSTER)).path == "stills/a.webp"
    await catalog.ingest(FILMS, [with_art])
    assert (await catalog.image(ADA, found.id, POSTER)).path == "p.jpg"
    await catalog.set_image(
        found.id, POSTER, ImageOrigin(source=ImageSource.CHOSEN, path="chosen/c.webp")
    )
    await catalog.ingest(FILMS, [with_art])
    assert (await catalog.image(ADA, found.id, POSTER)).path == "chosen/c.webp"


async def test_items_without_a_picture_are_named_with_a_file(catalog: Catalog) -> None:
    bare = movie(FILMS, "Bare")
    full = movie(FILMS, "Full", art=Artwork(poster="p.jpg", backdrop="b.jpg"))
    half = movie(FILMS, "Half", art=Artwork(poster="p.jpg"))
    await catalog.ingest(FILMS, [bare, full, half])
    episodes = [episode(SHOWS, "Fargo", 1, n) for n in (2, 1)]
    await catalog.ingest(SHOWS, episodes)
    clip, broken = video(HOMES, "clip.mp4"), video(HOMES, "broken.mp4")
    await catalog.ingest(HOMES, [clip, now(broken, FileState.FAILED)])
    lacking = await catalog.items_without_image()
    found = {(entry.kind.value, entry.file_id): entry.types for entry in lacking}
    assert found == {
        ("movie", bare.id): (POSTER, THUMB),
        ("movie", half.id): (THUMB,),
        ("show", episodes[1].id): (POSTER, THUMB),
        ("episode", episodes[0].id): (THUMB,),
        ("episode", episodes[1].id): (THUMB,),
        ("video", clip.id): (THUMB,),
    }
    walked = []
    after = 0
    while batch := await catalog.items_without_image(after, 2):
        assert len(batch) <= 2
        walked += batch
        after = batch[-1].number
    assert walked == lacking
    for entry in lacking:
        for type_ in entry.types:
            made = ImageOrigin(source=ImageSource.GENERATED, path="s.webp", placeholder="data:")
            await catalog.set_image(entry.item_id, type_, made)
    assert await catalog.items_without_image() == []
    beside = await catalog.images_beside()
    assert sorted((image.type.value, image.path) for image in beside) == [
        ("backdrop", "b.jpg"),
        ("poster", "p.jpg"),
        ("poster", "p.jpg"),
    ]
    assert await catalog.images_beside(beside[0], 1) == [beside[1]]
    assert await catalog.images_beside(beside[2]) == []


async def test_nobody_can_picture_what_is_not_there(catalog: Catalog) -> None:
    origin = ImageOrigin(source=ImageSource.GENERATED, path="s.webp")
    with pytest.raises(NotFound):
        await catalog.set_image(ItemId("unknown"), POSTER, origin)
    with pytest.raises(NotFound):
        await catalog.image(ADA, ItemId("unknown"), POSTER)
    file = movie(FILMS, "Alien", art=Artwork(poster="p.jpg"))
    await catalog.ingest(FILMS, [file])
    found = await card(catalog, ItemKind.MOVIE)
    await catalog.ingest(FILMS, [now(file, FileState.MISSING)])
    with pytest.raises(NotFound):
        await catalog.image(ADA, found.id, POSTER)
