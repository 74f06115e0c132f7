"""What can go wrong, in the product's own words.

Rooms raise these and nothing that knows of HTTP; ``http/middleware.py`` owns the only map to
status codes. ``code`` is stable and machine-readable, the message is for a person.
"""

from typing import ClassVar


class MediaServerError(Exception):
    """An expected failure. ``detail`` is one plain sentence for the person who asked."""

    code: ClassVar[str] = "error"

    def __init__(self, detail: str, *, code: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.reason = code or self.code


class NotFound(MediaServerError):
    code = "not_found"


class SignInRequired(MediaServerError):
    code = "sign_in_required"


class Forbidden(MediaServerError):
    code = "forbidden"


class Conflict(MediaServerError):
    code = "conflict"


class Invalid(MediaServerError):
    """What was sent makes no sense. ``fields`` names each wrong field and what is allowed."""

    code = "invalid"

    def __init__(
        self, detail: str, *, code: str | None = None, fields: dict[str, str] | None = None
    ) -> None:
        super().__init__(detail, code=code)
        self.fields = fields or {}


class Unplayable(MediaServerError):
    """A media file that cannot be opened, decoded or delivered; the code says why."""

    code = "unplayable"


class Busy(MediaServerError):
    """The box is at its limit; ask again after ``retry_after`` seconds."""

    code = "busy"

    def __init__(self, detail: str, *, retry_after: float, code: str | None = None) -> None:
        super().__init__(detail, code=code)
        self.retry_after = retry_after


class TooManyRequests(Busy):
    code = "too_many_requests"


class ConfigError(MediaServerError):
    """A setting is wrong; the line names file, key and what is allowed."""

    code = "config"


class DatabaseError(MediaServerError):
    """The database cannot be used as it is: newer than the program, damaged, or in use."""

    code = "database"


class StorageFull(MediaServerError):
    code = "storage_full"
