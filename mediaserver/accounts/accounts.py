"""Letting people in: the one-time set-up, sign-in by cookie or bearer token, and the users.

Tokens are opaque, 256 bit and stored hashed. An access token lives 15 minutes and is renewed with
the refresh token, which changes at every use.
"""

import secrets
import time
from pathlib import Path

import msgspec

from mediaserver.accounts.models import Role, User, Viewer
from mediaserver.accounts.passwords import Passwords
from mediaserver.accounts.store import AccountStore, SignInRow, digest, username_key
from mediaserver.accounts.throttle import Throttle, is_near
from mediaserver.errors import Conflict, Forbidden, Invalid, NotFound, SignInRequired
from mediaserver.ids import SignInId, UserId, new_id
from mediaserver.keys import write_private

ACCESS_SECONDS = 900
_NAME_LENGTH = 64
_WRONG = "That name and password do not belong together."


class SignIn(msgspec.Struct, frozen=True):
    """The tokens of one device, shown once."""

    user: User
    cookie: str
    access_token: str
    refresh_token: str
    expires_in: int


class Accounts:
    def __init__(
        self, store: AccountStore, passwords: Passwords, setup_code_file: Path, sign_in_days: int
    ) -> None:
        self._store = store
        self._passwords = passwords
        self._setup_code_file = setup_code_file
        self._sign_in_seconds = sign_in_days * 86400.0
        self._throttle = Throttle()

    async def setup_needed(self) -> bool:
        return not await self._store.has_owner()

    async def setup_code(self) -> str | None:
        """The code that whoever reads the terminal needs; None once an owner exists."""
        if not await self.setup_needed():
            self._setup_code_file.unlink(missing_ok=True)
            return None
        if not self._setup_code_file.exists():
            write_private(self._setup_code_file, secrets.token_hex(16).encode())
        return self._setup_code_file.read_text("ascii").strip()

    async def set_up(self, code: str, username: str, password: str, origin: "Origin") -> SignIn:
        """Make the owner and sign them in. Works once, and only from nearby."""
        expected = await self.setup_code()
        if expected is None:
            raise Conflict("This server has been set up already.", code="already_set_up")
        if not is_near(origin.address):
            raise Forbidden(
                "A server is set up from its own network, or on its own machine with "
                "`mediaserver user add NAME --role owner`.",
                code="not_from_here",
            )
        if not secrets.compare_digest(expected.encode(), code.strip().encode("utf-8", "replace")):
            raise Forbidden(
                "That is not the set-up code. It is shown where the server was started.",
                code="wrong_setup_code",
            )
        await self.add_user(username, password, Role.OWNER)
        self._setup_code_file.unlink(missing_ok=True)
        return await self.sign_in(username, password, origin)

    async def add_user(self, username: str, password: str, role: Role) -> User:
        name = username.strip()
        if not 1 <= len(name) <= _NAME_LENGTH or not name.isprintable():
            raise Invalid(
                f"A user name has 1 to {_NAME_LENGTH} printable characters.",
                fields={"username": f"1 to {_NAME_LENGTH} printable characters"},
            )
        user = User(UserId(new_id()), name, role, time.time())
        if not await self._store.insert(user, await self._passwords.hash(password)):
            if role is Role.OWNER and await self._store.has_owner():
                raise Conflict("There is an owner already.", code="already_set_up")
            raise Conflict(f"The name {name} is taken.", code="username_taken")
        return user

    async def sign_in(self, username: str, password: str, origin: "Origin") -> SignIn:
        user = await self._checked(username, password, origin)
        now = time.time()
        cookie, access, refresh = (secrets.token_urlsafe(32) for _ in range(3))
        await self._store.insert_sign_in(
            SignInRow(
                id=SignInId(new_id()),
                user_id=user.id,
                device=origin.device[:200],
                address=origin.address,
                cookie_hash=digest(cookie),
                access_hash=digest(access),
                access_expires_at=now + ACCESS_SECONDS,
                refresh_hash=digest(refresh),
                created_at=now,
                seen_at=now,
                expires_at=now + self._sign_in_seconds,
            )
        )
        return SignIn(user, cookie, access, refresh, ACCESS_SECONDS)

    async def _checked(self, username: str, password: str, origin: "Origin") -> User:
        """Whose name and password these are; guesses are slowed down."""
        # Cut before it is normalised, which takes time by the square of a hostile text's length.
        name = username if len(username) <= _NAME_LENGTH * 2 else ""
        account = username_key(name)
        tries = self._throttle.take(account, origin.address)
        try:
            found = await self._store.named(name)
            right = await self._passwords.matches(password, found[1] if found else None)
        except BaseException:
            self._throttle.give_back(tries)
            raise
        if found is None or not right:
            raise SignInRequired(_WRONG, code="wrong_credentials")
        self._throttle.give_back(tries)
        self._throttle.remember(account, origin.address)
        return found[0]

    async def refresh(self, refresh_token: str) -> SignIn:
        viewer = await self._store.by_refresh_token(refresh_token)
        user = await self._store.user(viewer.user_id) if viewer else None
        if viewer is None or user is None:
            raise SignInRequired("That sign-in has ended.", code="refresh_ended")
        access, refresh = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        renewed = (digest(access), time.time() + ACCESS_SECONDS, digest(refresh))
        if not await self._store.renew_tokens(viewer.sign_in_id, digest(refresh_token), renewed):
            raise SignInRequired("That sign-in has ended.", code="refresh_ended")
        return SignIn(user, "", access, refresh, ACCESS_SECONDS)

    async def sign_out(self, viewer: Viewer) -> None:
        await self._store.end_sign_in(viewer.sign_in_id)

    async def by_cookie(self, token: str) -> Viewer | None:
        return await self._store.by_cookie(token)

    async def by_access_token(self, token: str) -> Viewer | None:
        return await self._store.by_access_token(token)

    async def by_sign_in(self, sign_in_id: SignInId) -> Viewer | None:
        """Whoever signed in there; None once that sign-in has ended."""
        return await self._store.by_sign_in(sign_in_id)

    async def users(self) -> list[User]:
        return await self._store.users()

    async def user(self, user_id: UserId) -> User:
        found = await self._store.user(user_id)
        if found is None:
            raise NotFound("There is no such user.")
        return found

    async def named(self, username: str) -> User:
        found = await self._store.named(username)
        if found is None:
            raise NotFound(f"There is no user called {username}.")
        return found[0]

    async def change_password(self, user: User, old: str, new: str) -> None:
        """By the person: asks for the old one. Signs out everywhere."""
        tries = self._throttle.take(f"change {user.id}", f"change {user.id}")
        found = await self._store.named(user.username)
        if found is None or not await self._passwords.matches(old, found[1]):
            raise Forbidden("That is not your present password.", code="wrong_password")
        self._throttle.give_back(tries)
        await self.set_password(user, new)

    async def set_password(self, user: User, password: str) -> None:
        await self._store.set_password(user.id, await self._passwords.hash(password))

    async def change_user(
        self, viewer: Viewer, user_id: UserId, role: Role | None, password: str | None
    ) -> User:
        """By an admin. The owner's role is fixed, and only the owner sets the owner's password."""
        user = await self.user(user_id)
        if user.role is Role.OWNER and (role is not None or viewer.role is not Role.OWNER):
            raise Forbidden("Only the owner changes the owner, and stays owner.", code="one_owner")
        if role is Role.OWNER:
            raise Conflict("There is one owner.", code="one_owner")
        if password is not None:
            await self.set_password(user, password)
        if role is not None:
            await self._store.set_role(user.id, role)
        return await self.user(user_id)

    async def remove(self, user: User) -> None:
        if user.role is Role.OWNER:
            raise Conflict("The owner cannot be removed.", code="one_owner")
        await self._store.delete(user.id)


class Origin(msgspec.Struct, frozen=True):
    """Where a sign-in comes from, for the list of devices."""

    device: str = ""
    address: str = ""
