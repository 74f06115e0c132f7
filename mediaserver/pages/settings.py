"""Settings: libraries with their scans and failures, people, and what is playing."""

import msgspec
from aiohttp import web

from mediaserver.accounts import Role, User, Viewer
from mediaserver.http import Access, page, render, services, viewer
from mediaserver.jobs import Job, JobState
from mediaserver.library import Library, LibraryKind, RootState
from mediaserver.pages import words
from mediaserver.pages.libraries import count_words
from mediaserver.pages.playing import Playing, playing_now
from mediaserver.pages.shell import NavLink, navigation

_DONE = {
    "added": "The library is there, and being scanned.",
    "removed": "The library is gone from this server. Its files are where they were.",
    "renamed": "The new name is in place.",
    "scanning": "The scan has begun.",
    "person": "They can sign in now.",
    "person-removed": "They can no longer sign in.",
}
_ROLES = {
    Role.OWNER: "Owner: everything",
    Role.ADMIN: "Admin: libraries and people",
    Role.STAFF: "Staff: keeps the catalogue tidy",
    Role.CREATOR: "Creator: uploads films",
    Role.VIEWER: "Viewer: watches",
    Role.GUEST: "Guest: sees what is shared",
}
# the scanner's counts that mean something to a person; jobs.js says the same
_COUNTS = {
    "seen": "files",
    "new": "new",
    "changed": "changed",
    "failed": "cannot be played",
    "away": "away",
    "missing": "gone",
}
_FAILURES = 200
_JOBS = 50


class Root(msgspec.Struct, frozen=True):
    path: str
    away: bool


class Progress(msgspec.Struct, frozen=True):
    subject: str
    percent: int
    current: str
    counts: str
    eta: str


class Failure(msgspec.Struct, frozen=True):
    path: str
    reason: str


class Panel(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    kind: LibraryKind
    summary: str
    roots: tuple[Root, ...]
    job: Progress | None
    failures: tuple[Failure, ...]


class Option(msgspec.Struct, frozen=True):
    value: str
    title: str


class Draft(msgspec.Struct, frozen=True):
    """A form that did not work is shown again as it was filled in."""

    kind: str = LibraryKind.MOVIES
    path: str = ""
    name: str = ""


class Person(msgspec.Struct, frozen=True):
    id: str
    name: str
    role: str
    removable: bool


class SettingsPage(msgspec.Struct, frozen=True, kw_only=True):
    nav: tuple[NavLink, ...]
    done: str = ""
    wrong: str = ""
    libraries: tuple[Panel, ...] = ()
    kinds: tuple[Option, ...] = ()
    draft: Draft = Draft()
    sessions: tuple[Playing, ...] = ()
    people: tuple[Person, ...] = ()
    roles: tuple[Option, ...] = ()


@page("GET", "/settings", access=Access.SIGNED_IN)
async def settings_page(request: web.Request) -> web.Response:
    done = _DONE.get(request.query.get("done", ""), "")
    return await show_settings(request, done=done)


async def show_settings(
    request: web.Request, *, done: str = "", wrong: str = "", draft: Draft | None = None
) -> web.Response:
    """With ``wrong`` the status says so too."""
    who = viewer(request)
    context = SettingsPage(nav=await navigation(request), done=done, wrong=wrong)
    if who.is_admin:
        context = msgspec.structs.replace(
            context,
            libraries=await _panels(request),
            kinds=tuple(Option(kind, title) for kind, title in words.KINDS.items()),
            draft=draft or Draft(),
            sessions=await playing_now(request),
            people=await _people(request, who),
            roles=tuple(Option(r, title) for r, title in _ROLES.items() if r is not Role.OWNER),
        )
    return render(request, "settings.html", context, status=422 if wrong else 200)


async def _panels(request: web.Request) -> tuple[Panel, ...]:
    rooms = services(request)
    scans = await _scans(request)
    return tuple(
        [
            await _panel(request, library, scans.get(library.id))
            for library in await rooms.library.libraries()
        ]
    )


async def _panel(request: web.Request, library: Library, scan: Job | None) -> Panel:
    rooms = services(request)
    failures = await rooms.library.failures(library.id)
    counts = await rooms.catalog.counts(viewer(request), library.id)
    return Panel(
        id=library.id,
        name=library.name,
        kind=library.kind,
        summary=count_words(library.kind, counts),
        roots=tuple(Root(one.path, one.state is RootState.AWAY) for one in library.roots),
        job=_progress(scan) if scan else None,
        failures=tuple(
            Failure(one.path, one.reason or "It cannot be read.") for one in failures[:_FAILURES]
        ),
    )


async def _scans(request: web.Request) -> dict[str, Job]:
    """By library, those that run or wait."""
    jobs = services(request).jobs
    live = [
        *await jobs.recent(JobState.QUEUED, _JOBS),
        *await jobs.recent(JobState.RUNNING, _JOBS),
    ]
    return {job.subject: job for job in live if job.kind == "scan" and job.subject}


def _progress(job: Job) -> Progress:
    counts = ", ".join(
        f"{job.counts[name]:,} {words_}" for name, words_ in _COUNTS.items() if job.counts.get(name)
    )
    return Progress(
        subject=job.subject or "",
        percent=round(job.progress * 100),
        current=job.current or ("Waiting" if job.state is JobState.QUEUED else ""),
        counts=counts,
        eta=f"{job.eta:.0f} s left" if job.eta else "",
    )


async def _people(request: web.Request, who: Viewer) -> tuple[Person, ...]:
    return tuple(_person(user, who) for user in await services(request).accounts.users())


def _person(user: User, who: Viewer) -> Person:
    removable = user.role is not Role.OWNER and user.id != who.user_id
    return Person(user.id, user.username, _ROLES[user.role], removable=removable)
