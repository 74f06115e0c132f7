"""What the forms of the settings page do. Each goes back to the page and says what happened."""

import msgspec
from aiohttp import web

from mediaserver.accounts import Role
from mediaserver.errors import Busy, Conflict, Forbidden, Invalid
from mediaserver.http import Access, form_of, page, services, viewer
from mediaserver.ids import LibraryId, UserId
from mediaserver.library import LibraryKind
from mediaserver.pages import words
from mediaserver.pages.entry import leave
from mediaserver.pages.settings import Draft, show_settings
from mediaserver.pages.shell import see_other

_REFUSED = (Busy, Conflict, Forbidden, Invalid)


@page("POST", "/settings/libraries", access=Access.ADMIN)
async def add_library(request: web.Request) -> web.Response:
    form = await form_of(request)
    draft = Draft(*(str(form.get(name, "")).strip() for name in ("kind", "path", "name")))
    rooms = services(request)
    try:
        kind = _kind(draft.kind)
        name = draft.name or words.KINDS[kind]
        library = await rooms.library.add(name, kind, [draft.path])
    except _REFUSED as err:
        return await show_settings(request, wrong=err.detail, draft=draft)
    await rooms.jobs.submit("scan", library.id)
    return see_other("/settings?done=added#libraries")


@page("POST", "/settings/scan", access=Access.ADMIN)
async def scan_everything(request: web.Request) -> web.Response:
    rooms = services(request)
    for library in await rooms.library.libraries():
        await rooms.jobs.submit("scan", library.id)
    return see_other("/settings?done=scanning#libraries")


@page("POST", "/settings/libraries/{id}/scan", access=Access.ADMIN)
async def scan_library(request: web.Request) -> web.Response:
    rooms = services(request)
    library = await rooms.library.library(LibraryId(request.match_info["id"]))
    await rooms.jobs.submit("scan", library.id)
    return see_other("/settings?done=scanning#libraries")


@page("POST", "/settings/libraries/{id}/rename", access=Access.ADMIN)
async def rename_library(request: web.Request) -> web.Response:
    form = await form_of(request)
    library_id = LibraryId(request.match_info["id"])
    try:
        await services(request).library.rename(library_id, str(form.get("name", "")))
    except _REFUSED as err:
        return await show_settings(request, wrong=err.detail)
    return see_other("/settings?done=renamed#libraries")


@page("POST", "/settings/libraries/{id}/remove", access=Access.ADMIN)
async def remove_library(request: web.Request) -> web.Response:
    await services(request).forget_library(LibraryId(request.match_info["id"]))
    return see_other("/settings?done=removed#libraries")


@page("POST", "/settings/users", access=Access.ADMIN)
async def add_person(request: web.Request) -> web.Response:
    form = await form_of(request)
    name, password = str(form.get("username", "")), str(form.get("password", ""))
    try:
        await services(request).accounts.add_user(name, password, _role(form.get("role")))
    except _REFUSED as err:
        return await show_settings(request, wrong=err.detail)
    return see_other("/settings?done=person#people")


@page("POST", "/settings/users/{id}/remove", access=Access.ADMIN)
async def remove_person(request: web.Request) -> web.Response:
    accounts = services(request).accounts
    user = await accounts.user(UserId(request.match_info["id"]))
    try:
        await accounts.remove(user)
    except _REFUSED as err:
        return await show_settings(request, wrong=err.detail)
    return see_other("/settings?done=person-removed#people")


@page("POST", "/settings/password", access=Access.SIGNED_IN)
async def change_password(request: web.Request) -> web.Response:
    form = await form_of(request)
    accounts = services(request).accounts
    user = await accounts.user(viewer(request).user_id)
    try:
        await accounts.change_password(user, str(form.get("old", "")), str(form.get("new", "")))
    except _REFUSED as err:
        return await show_settings(request, wrong=err.detail)
    return leave(request, "/sign-in")


def _kind(text: str) -> LibraryKind:
    try:
        return msgspec.convert(text, LibraryKind)
    except msgspec.ValidationError as err:
        raise Invalid("Say what is in the folder: films, shows or home videos.") from err


def _role(asked: object) -> Role:
    try:
        role = msgspec.convert(asked, Role)
    except msgspec.ValidationError as err:
        raise Invalid("There is no such role.") from err
    if role is Role.OWNER:
        raise Invalid("There is one owner.")
    return role
