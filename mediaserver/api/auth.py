"""Set-up and sign-in."""

import msgspec
from aiohttp import web

from mediaserver.accounts import SignIn, User
from mediaserver.errors import (
    Busy,
    Conflict,
    Forbidden,
    Invalid,
    SignInRequired,
    TooManyRequests,
)
from mediaserver.http import Access, Answer, cookie_of, endpoint, origin_of, services, viewer


class SetupState(msgspec.Struct, frozen=True):
    needed: bool


class SetupBody(msgspec.Struct, frozen=True):
    code: str
    username: str
    password: str


class LoginBody(msgspec.Struct, frozen=True):
    password: str
    username: str | None = None
    email: str | None = None
    """Accepted in place of ``username``."""
    device: str = ""


class RefreshBody(msgspec.Struct, frozen=True):
    refresh_token: str


class PasswordBody(msgspec.Struct, frozen=True):
    old_password: str
    new_password: str


class SignedIn(msgspec.Struct, frozen=True):
    """``token`` repeats ``access_token`` for clients that look for that name."""

    access_token: str
    refresh_token: str
    expires_in: int
    user: User
    token: str
    message: str = "Signed in."


@endpoint("GET", "/api/setup", access=Access.PUBLIC)
async def setup_state(request: web.Request) -> SetupState:
    """Whether the server still waits for its owner."""
    return SetupState(await services(request).accounts.setup_needed())


@endpoint(
    "POST",
    "/api/setup",
    access=Access.PUBLIC,
    status=201,
    raises=(Conflict, Forbidden, Busy, TooManyRequests),
)
async def set_up(request: web.Request, body: SetupBody) -> Answer[SignedIn]:
    """Make the owner with the one-time code, and sign them in."""
    sign_in = await services(request).accounts.set_up(
        body.code, body.username, body.password, origin_of(request)
    )
    return signed_in(request, sign_in)


@endpoint(
    "POST", "/api/auth/login", access=Access.PUBLIC, raises=(SignInRequired, Busy, TooManyRequests)
)
async def login(request: web.Request, body: LoginBody) -> Answer[SignedIn]:
    """Sign in by name and password; sets the cookie as well."""
    name = body.username or body.email
    if not name:
        raise Invalid("body: a username is missing", fields={"username": "required"})
    sign_in = await services(request).accounts.sign_in(
        name, body.password, origin_of(request, body.device)
    )
    return signed_in(request, sign_in)


@endpoint("POST", "/api/auth/refresh", access=Access.PUBLIC, raises=(SignInRequired,))
async def refresh(request: web.Request, body: RefreshBody) -> SignedIn:
    """A new access token and a new refresh token; the old ones end."""
    return _tokens(await services(request).accounts.refresh(body.refresh_token))


@endpoint("POST", "/api/auth/logout", access=Access.SIGNED_IN)
async def logout(request: web.Request) -> Answer[None]:
    """End this sign-in."""
    await services(request).accounts.sign_out(viewer(request))
    return signed_out(request)


@endpoint("POST", "/api/auth/password", access=Access.SIGNED_IN, raises=(Busy, TooManyRequests))
async def change_password(request: web.Request, body: PasswordBody) -> Answer[None]:
    """Change one's own password. Every device signs out."""
    accounts = services(request).accounts
    user = await accounts.user(viewer(request).user_id)
    await accounts.change_password(user, body.old_password, body.new_password)
    return signed_out(request)


def signed_in(request: web.Request, sign_in: SignIn) -> Answer[SignedIn]:
    answer = Answer(_tokens(sign_in))
    days = services(request).config.accounts.sign_in_days
    answer.cookies.append(cookie_of(request, sign_in.cookie, days * 86400))
    return answer


def signed_out(request: web.Request) -> Answer[None]:
    answer: Answer[None] = Answer(None)
    answer.cookies.append(cookie_of(request, "", 0))
    return answer


def _tokens(sign_in: SignIn) -> SignedIn:
    return SignedIn(
        access_token=sign_in.access_token,
        refresh_token=sign_in.refresh_token,
        expires_in=sign_in.expires_in,
        user=sign_in.user,
        token=sign_in.access_token,
    )
