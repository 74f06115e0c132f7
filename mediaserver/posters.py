"""Giving every item a picture: what lies beside the film, else a good frame of it.

For: the job that fills in what cards need (a version and a tiny placeholder for each picture) and
takes frames where there is no picture. It joins the library's artwork with the catalogue's items,
so it stands one floor above both.
"""

from collections.abc import Awaitable, Sequence
from pathlib import Path

from mediaserver.catalog import Catalog, ImageOrigin, ImageSource, ItemImage, MissingImage
from mediaserver.errors import MediaServerError, Unplayable
from mediaserver.jobs import RunningJob
from mediaserver.library import ArtworkStore, LibraryStore, Picture, PictureKind

_BATCH = 200


class Posters:
    def __init__(self, library: LibraryStore, artwork: ArtworkStore, catalog: Catalog) -> None:
        self._library = library
        self._artwork = artwork
        self._catalog = catalog

    async def picture(self, origin: ImageOrigin, kind: PictureKind, width: int | None) -> Picture:
        """The bytes of ``origin``, no wider than asked; NotFound when they are gone."""
        return await self._artwork.image(
            await self._root_of(origin), origin.path or "", kind, width
        )

    async def fill_in(self, job: RunningJob) -> None:
        """The job ``posters``. A picture that cannot be made stays missing and stops nothing."""
        counts = {"pictures": 0, "failed": 0}
        seen = 0
        last: ItemImage | None = None
        while beside := await self._catalog.images_beside(last, _BATCH):
            for image in await self._changed(beside):
                # How many follow is not known: nearer and nearer to a third of the whole.
                seen += 1
                await job.report(0.3 * seen / (seen + _BATCH), image.path, counts)
                await _counted(self._describe(image), counts)
            last = beside[-1]
        after = 0
        while batch := await self._catalog.items_without_image(after, _BATCH):
            for n, missing in enumerate(batch):
                # How many batches follow is not known, so each takes half of what is left.
                await job.report(0.3 + 0.7 * n / (2 * len(batch)), None, counts)
                await _counted(self._take_frame(missing), counts)
            after = batch[-1].number

    async def _changed(self, images: Sequence[ItemImage]) -> list[ItemImage]:
        """Those never described, and those whose file is another than it was then."""
        roots = {image.root_id: await self._root_of(image) for image in images}
        places = [(roots[image.root_id] or Path(), image.path or "") for image in images]
        versions = await self._artwork.versions(places)
        return [
            image
            for image, version in zip(images, versions, strict=True)
            if version is not None and (image.placeholder is None or image.version != version)
        ]

    async def _describe(self, image: ItemImage) -> None:
        kind = PictureKind(image.type)
        facts = await self._artwork.facts(await self._root_of(image), image.path or "", kind)
        origin = ImageOrigin(
            source=image.source,
            root_id=image.root_id,
            path=image.path,
            file_id=image.file_id,
            version=facts.version,
            placeholder=facts.placeholder,
        )
        await self._catalog.set_image(image.item_id, image.type, origin)

    async def _take_frame(self, missing: MissingImage) -> None:
        file = await self._library.file(missing.file_id)
        if file.info is None:
            raise Unplayable("The file was never read.")
        root, path = await self._library.absolute(file)
        still = await self._artwork.generate(path, root, file.info)
        for type_ in missing.types:
            facts = await self._artwork.facts(None, still, PictureKind(type_))
            origin = ImageOrigin(
                source=ImageSource.GENERATED,
                path=still,
                file_id=file.id,
                version=facts.version,
                placeholder=facts.placeholder,
            )
            await self._catalog.set_image(missing.item_id, type_, origin)

    async def _root_of(self, origin: ImageOrigin) -> Path | None:
        if origin.root_id is None:
            return None
        return Path((await self._library.root(origin.root_id)).path)


async def _counted(work: Awaitable[None], counts: dict[str, int]) -> None:
    try:
        await work
    except MediaServerError:
        counts["failed"] += 1
    else:
        counts["pictures"] += 1
