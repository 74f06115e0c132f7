"""The SQL of users and sign-ins. Tokens are stored as SHA-256 only."""

import contextlib
import hashlib
import time
import unicodedata

import msgspec

from mediaserver.accounts.models import Role, User, Viewer
from mediaserver.db import Database
from mediaserver.errors import StorageFull
from mediaserver.ids import SignInId, UserId

_USER = "id, username, role, created_at"
_VIEWER = """
    SELECT u.id AS user_id, u.username, u.role, s.id AS sign_in_id, s.seen_at
    FROM sign_ins s JOIN users u ON u.id = s.user_id
"""
_SEEN_EVERY = 600.0
_AT_MOST = 3650 * 86400.0
"""Seconds after which one signs in anew, however often one came by."""


class SeenViewer(Viewer, frozen=True, kw_only=True):
    seen_at: float


class SignInRow(msgspec.Struct, frozen=True):
    id: SignInId
    user_id: UserId
    device: str
    address: str
    cookie_hash: bytes
    access_hash: bytes
    access_expires_at: float
    refresh_hash: bytes
    created_at: float
    seen_at: float
    expires_at: float


def digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def username_key(username: str) -> str:
    """Two names with one key are the same person's."""
    return unicodedata.normalize("NFKC", username).casefold()


class AccountStore:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def users(self) -> list[User]:
        return await self._db.all(User, f"SELECT {_USER} FROM users ORDER BY username_key")

    async def user(self, user_id: UserId) -> User | None:
        return await self._db.one(User, f"SELECT {_USER} FROM users WHERE id = ?", user_id)

    async def named(self, username: str) -> tuple[User, str] | None:
        """The user and the stored password hash."""
        key = username_key(username)
        user = await self._db.one(
            User,
            f"SELECT {_USER} FROM users WHERE username_key = ?",
            key,
        )
        if user is None:
            return None
        stored = await self._db.value("SELECT password_hash FROM users WHERE id = ?", user.id)
        return user, str(stored)

    async def has_owner(self) -> bool:
        return bool(await self._db.value("SELECT 1 FROM users WHERE role = ?", Role.OWNER))

    async def insert(self, user: User, password_hash: str) -> bool:
        """False when the name, or the place of the one owner, is taken."""
        async with self._db.transaction() as tx:
            changed = await tx.execute(
                "INSERT INTO users (id, username, username_key, password_hash, role, created_at)"
                " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                user.id,
                user.username,
                username_key(user.username),
                password_hash,
                user.role,
                user.created_at,
            )
        return changed == 1

    async def set_password(self, user_id: UserId, password_hash: str) -> None:
        """Every sign-in of the user ends."""
        async with self._db.transaction() as tx:
            await tx.execute(
                "UPDATE users SET password_hash = ? WHERE id = ?", password_hash, user_id
            )
            await tx.execute("DELETE FROM sign_ins WHERE user_id = ?", user_id)

    async def set_role(self, user_id: UserId, role: Role) -> None:
        """Every sign-in of the user ends, so that none goes on with the old rights."""
        async with self._db.transaction() as tx:
            changed = await tx.execute(
                "UPDATE users SET role = ? WHERE id = ? AND role != ?", role, user_id, role
            )
            if changed:
                await tx.execute("DELETE FROM sign_ins WHERE user_id = ?", user_id)

    async def delete(self, user_id: UserId) -> None:
        async with self._db.transaction() as tx:
            await tx.execute("DELETE FROM users WHERE id = ?", user_id)

    async def insert_sign_in(self, row: SignInRow) -> None:
        values = msgspec.structs.astuple(row)
        marks = ", ".join("?" * len(values))
        async with self._db.transaction() as tx:
            await tx.execute("DELETE FROM sign_ins WHERE expires_at < ?", time.time())
            await tx.execute(f"INSERT INTO sign_ins VALUES ({marks})", *values)

    async def renew_tokens(
        self, sign_in_id: SignInId, old_refresh: bytes, row: tuple[bytes, float, bytes]
    ) -> bool:
        async with self._db.transaction() as tx:
            changed = await tx.execute(
                "UPDATE sign_ins SET access_hash = ?, access_expires_at = ?, refresh_hash = ?"
                " WHERE id = ? AND refresh_hash = ?",
                *row,
                sign_in_id,
                old_refresh,
            )
        return changed == 1

    async def by_cookie(self, token: str) -> Viewer | None:
        return await self._viewer("s.cookie_hash = ? AND s.expires_at > ?", token)

    async def by_access_token(self, token: str) -> Viewer | None:
        return await self._viewer("s.access_hash = ? AND s.access_expires_at > ?", token)

    async def by_refresh_token(self, token: str) -> Viewer | None:
        return await self._viewer("s.refresh_hash = ? AND s.expires_at > ?", token)

    async def by_sign_in(self, sign_in_id: SignInId) -> Viewer | None:
        return await self._db.one(
            Viewer, f"{_VIEWER} WHERE s.id = ? AND s.expires_at > ?", sign_in_id, time.time()
        )

    async def end_sign_in(self, sign_in_id: SignInId) -> None:
        async with self._db.transaction() as tx:
            await tx.execute("DELETE FROM sign_ins WHERE id = ?", sign_in_id)

    async def _viewer(self, condition: str, token: str) -> Viewer | None:
        now = time.time()
        found = await self._db.one(SeenViewer, f"{_VIEWER} WHERE {condition}", digest(token), now)
        if found is not None and now - found.seen_at > _SEEN_EVERY:
            # a full disk must not lock everybody out
            with contextlib.suppress(StorageFull):
                await self._seen(found.sign_in_id, now)
        return found

    async def _seen(self, sign_in_id: SignInId, now: float) -> None:
        async with self._db.transaction() as tx:
            await tx.execute(
                "UPDATE sign_ins SET seen_at = ?,"
                " expires_at = min(? + (expires_at - seen_at), created_at + ?) WHERE id = ?",
                now,
                now,
                _AT_MOST,
                sign_in_id,
            )
