"""How an item would play on the device that asks, in a word and a sentence.

The item page asks for it once its browser has measured what it can play. The answer is the
decision that playing would take, and the cuts it needs are then known before anyone presses play.
"""

import msgspec
from aiohttp import web

from mediaserver.errors import Invalid, NotFound
from mediaserver.http import Access, page, render, services, viewer
from mediaserver.ids import ItemId
from mediaserver.streaming import Capabilities, Decision, Mode, Wish

WORDS = {
    Mode.DIRECT: "Plays directly here",
    Mode.REMUX: "Plays untouched here",
    Mode.TRANSCODE_AUDIO: "Original picture, sound converted",
    Mode.TRANSCODE: "Converted while you watch",
}
_PLAIN = {
    Mode.DIRECT: "The file is sent exactly as it is.",
    Mode.REMUX: "Picture and sound are sent untouched, only wrapped anew.",
}
_LONGEST = 4000


class How(msgspec.Struct, frozen=True):
    tone: str
    glyph: str
    words: str
    detail: str


@page("GET", "/items/{id}/how", access=Access.SIGNED_IN)
async def how_it_plays(request: web.Request) -> web.Response:
    rooms, who = services(request), viewer(request)
    can = _capabilities(request.query.get("can", ""))
    versions = await rooms.catalog.files(who, ItemId(request.match_info["id"]))
    if not versions:
        raise NotFound("There is no file to play.")
    file = await rooms.library.file(versions[0])
    return render(request, "parts/how.html", how(await rooms.streaming.preview(file, Wish(can))))


def how(decision: Decision) -> How:
    converted = decision.mode is Mode.TRANSCODE
    detail = _PLAIN.get(decision.mode) or " ".join(
        dict.fromkeys(reason.text for reason in decision.reasons)
    )
    tone, glyph = ("warn", "refresh") if converted else ("good", "check")
    return How(tone, glyph, WORDS[decision.mode], detail)


def _capabilities(text: str) -> Capabilities:
    try:
        return msgspec.json.decode(text[:_LONGEST], type=Capabilities)
    except msgspec.DecodeError as err:
        raise Invalid("These capabilities cannot be read.") from err
