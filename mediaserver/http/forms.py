"""What an HTML form sends: its text fields, whatever a hostile client makes of them."""

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from mediaserver.http.problems import MalformedBody


async def form_of(request: web.Request) -> dict[str, str]:
    """Field name to its first text. A file in place of a text counts as nothing."""
    try:
        fields = await request.post()
    except (ValueError, LookupError, RuntimeError, HttpProcessingError) as err:
        # no boundary, an unknown charset, bytes that are not of it, a header that breaks off
        raise MalformedBody("The form cannot be read.") from err
    texts: dict[str, str] = {}
    for name, value in fields.items():
        if isinstance(value, str):
            texts.setdefault(name, value)
    return texts
