"""Who may come in: people, their roles, and the viewer every read is made for."""

from enum import StrEnum

import msgspec

from mediaserver.ids import SignInId, UserId


class Role(StrEnum):
    OWNER = "owner"
    ADMIN = "admin"
    STAFF = "staff"
    CREATOR = "creator"
    VIEWER = "viewer"
    GUEST = "guest"


class User(msgspec.Struct, frozen=True):
    id: UserId
    username: str
    role: Role
    created_at: float


class Viewer(msgspec.Struct, frozen=True):
    """Who asks. Every catalogue read takes one first."""

    user_id: UserId
    username: str
    role: Role
    sign_in_id: SignInId
    by_cookie: bool = False

    @property
    def is_admin(self) -> bool:
        return self.role in {Role.OWNER, Role.ADMIN}
