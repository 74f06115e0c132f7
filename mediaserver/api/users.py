"""People."""

from typing import Literal

import msgspec
from aiohttp import web

from mediaserver.accounts import Role, User
from mediaserver.errors import Busy, Conflict, NotFound
from mediaserver.http import Access, endpoint, services, viewer
from mediaserver.ids import UserId

GivenRole = Literal["admin", "staff", "creator", "viewer", "guest"]


class UserPath(msgspec.Struct, frozen=True):
    id: str


class NewUser(msgspec.Struct, frozen=True):
    username: str
    password: str
    role: GivenRole = "viewer"


class UserChange(msgspec.Struct, frozen=True):
    role: GivenRole | None = None
    password: str | None = None


class UserList(msgspec.Struct, frozen=True):
    items: list[User]
    next_cursor: str | None
    total: int


@endpoint("GET", "/api/users/me", access=Access.SIGNED_IN)
async def me(request: web.Request) -> User:
    """Whoever asks."""
    return await services(request).accounts.user(viewer(request).user_id)


@endpoint("GET", "/api/users", access=Access.ADMIN)
async def list_users(request: web.Request) -> UserList:
    """Everyone who may sign in."""
    users = await services(request).accounts.users()
    return UserList(users, None, len(users))


@endpoint("POST", "/api/users", access=Access.ADMIN, status=201, raises=(Conflict, Busy))
async def add_user(request: web.Request, body: NewUser) -> User:
    """Add a person."""
    return await services(request).accounts.add_user(body.username, body.password, Role(body.role))


@endpoint("GET", "/api/users/{id}", access=Access.ADMIN, raises=(NotFound,))
async def get_user(request: web.Request, path: UserPath) -> User:
    """One person."""
    return await services(request).accounts.user(UserId(path.id))


@endpoint("PATCH", "/api/users/{id}", access=Access.ADMIN, raises=(NotFound, Conflict, Busy))
async def change_user(request: web.Request, path: UserPath, body: UserChange) -> User:
    """Give a role or a new password; a new password signs them out everywhere."""
    return await services(request).accounts.change_user(
        viewer(request),
        UserId(path.id),
        Role(body.role) if body.role else None,
        body.password,
    )


@endpoint("DELETE", "/api/users/{id}", access=Access.ADMIN, raises=(NotFound, Conflict))
async def remove_user(request: web.Request, path: UserPath) -> None:
    """Remove a person and all of their sign-ins."""
    accounts = services(request).accounts
    await accounts.remove(await accounts.user(UserId(path.id)))
