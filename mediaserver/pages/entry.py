"""Coming in: the first owner's set-up, signing in and out."""

import msgspec
from aiohttp import web

from mediaserver.accounts import SignIn
from mediaserver.errors import (
    Busy,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    SignInRequired,
    TooManyRequests,
)
from mediaserver.http import (
    Access,
    cookie_of,
    form_of,
    maybe_viewer,
    origin_of,
    page,
    render,
    services,
)
from mediaserver.pages.shell import safe_path, see_other


class SignInPage(msgspec.Struct, frozen=True):
    next: str = "/"
    username: str = ""
    wrong: str = ""


class SetupPage(msgspec.Struct, frozen=True):
    code: str = ""
    username: str = ""
    wrong: str = ""


@page("GET", "/sign-in", access=Access.PUBLIC)
async def sign_in_page(request: web.Request) -> web.Response:
    if await services(request).accounts.setup_needed():
        return see_other("/setup")
    next_ = safe_path(request.query.get("next"))
    if maybe_viewer(request):
        return see_other(next_)
    return render(request, "sign_in.html", SignInPage(next_))


@page("POST", "/sign-in", access=Access.PUBLIC)
async def sign_in(request: web.Request) -> web.Response:
    form = await form_of(request)
    name, next_ = str(form.get("username", "")), safe_path(form.get("next"))
    try:
        signed = await services(request).accounts.sign_in(
            name, str(form.get("password", "")), origin_of(request)
        )
    except (SignInRequired, Busy) as err:
        context = SignInPage(next_, name, err.detail)
        return render(request, "sign_in.html", context, status=_status(err))
    return _welcome(request, signed, next_)


@page("POST", "/sign-out", access=Access.SIGNED_IN)
async def sign_out(request: web.Request) -> web.Response:
    who = maybe_viewer(request)
    if who:
        await services(request).accounts.sign_out(who)
    return leave(request, "/sign-in")


@page("GET", "/setup", access=Access.PUBLIC)
async def setup_page(request: web.Request) -> web.Response:
    if not await services(request).accounts.setup_needed():
        return see_other("/sign-in")
    return render(request, "setup.html", SetupPage(code=request.query.get("code", "")))


@page("POST", "/setup", access=Access.PUBLIC)
async def set_up(request: web.Request) -> web.Response:
    form = await form_of(request)
    code, name = str(form.get("code", "")), str(form.get("username", ""))
    try:
        signed = await services(request).accounts.set_up(
            code, name, str(form.get("password", "")), origin_of(request)
        )
    except (Conflict, Forbidden, Invalid, Busy, NotFound) as err:
        context = SetupPage(code, name, err.detail)
        return render(request, "setup.html", context, status=_status(err))
    return _welcome(request, signed, "/")


def leave(request: web.Request, path: str) -> web.Response:
    response = see_other(path)
    response.set_cookie(**cookie_of(request, "", 0))
    return response


def _welcome(request: web.Request, signed: SignIn, path: str) -> web.Response:
    days = services(request).config.accounts.sign_in_days
    response = see_other(path)
    response.set_cookie(**cookie_of(request, signed.cookie, days * 86400))
    return response


def _status(err: Exception) -> int:
    """A form that is shown again says in its status that it did not work."""
    known = {SignInRequired: 401, Forbidden: 403, Conflict: 409, Busy: 503, TooManyRequests: 429}
    return known.get(type(err), 422)
