"""The ledger: events are appended, each once, and the progress they change in the same commit.

Events normally arrive in the order they happened and move the stored progress one step. One that
arrives late, from a phone that was offline, is put in its place and the item derived anew, so the
table always equals a rebuild of the ledger.
"""

from collections.abc import Sequence

import msgspec

from mediaserver.db import Transaction
from mediaserver.history.models import NOW, Progress, WatchEvent
from mediaserver.history.progress import after, derive
from mediaserver.ids import ItemId, UserId

_APPEND = """
    INSERT INTO watch_events (user_id, item_id, kind, at, recorded_at, session_id, seq,
                              position, duration, value)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO NOTHING
"""
_EVENT = "user_id, item_id, kind, at, session_id, seq, position, duration, value"
_EVENTS = f"""
    SELECT {_EVENT} FROM watch_events WHERE user_id = ? AND item_id = ? ORDER BY at, number
"""
# Events of one session are in the order of its numbers, whatever clock stamped them: this one
# must come before the next one known.
_NEXT_IN_SESSION = """
    SELECT at FROM watch_events WHERE user_id = ? AND session_id = ? AND seq > ?
    ORDER BY seq LIMIT 1
"""
_LAST_IN_SESSION = """
    SELECT at FROM watch_events WHERE user_id = ? AND session_id = ? AND seq < ?
    ORDER BY seq DESC LIMIT 1
"""
_FIELDS = Progress.__struct_fields__
_SAVE = (
    f"INSERT OR REPLACE INTO progress (user_id, {', '.join(_FIELDS)}, resumable)"
    f" VALUES (?, {', '.join('?' * len(_FIELDS))}, ?)"
)
PROGRESS = f"SELECT {', '.join(_FIELDS)} FROM progress"
# Small enough to be invisible, large enough to order two floats of this century.
_JUST_BEFORE = 1e-3


async def append(tx: Transaction, event: WatchEvent, now: float) -> tuple[Progress, Progress]:
    """Write one event; the progress before and after it. A repeated event changes nothing."""
    before = await _stored(tx, event.user_id, event.item_id)
    event = msgspec.structs.replace(event, at=await _when(tx, event, before, now))
    written = await tx.execute(
        _APPEND,
        event.user_id,
        event.item_id,
        event.kind,
        event.at,
        now,
        event.session_id,
        event.seq,
        event.position,
        event.duration,
        event.value,
    )
    if not written:
        return before, before
    if event.at >= before.changed_at:
        result = after(before, event)
    else:
        result = derive(event.item_id, await events(tx, event.user_id, event.item_id))
    await save(tx, event.user_id, [result])
    return before, result


async def events(tx: Transaction, user_id: UserId, item_id: ItemId) -> list[WatchEvent]:
    return await tx.all(WatchEvent, _EVENTS, user_id, item_id)


async def rebuild(tx: Transaction) -> int:
    """Derive everything anew from the ledger; how many rows that made."""
    pairs = await tx.all(_Pair, "SELECT DISTINCT user_id, item_id FROM watch_events")
    await tx.execute("DELETE FROM progress")
    for pair in pairs:
        found = await events(tx, pair.user_id, pair.item_id)
        await save(tx, pair.user_id, [derive(pair.item_id, found)])
    return len(pairs)


async def save(tx: Transaction, user_id: UserId, rows: Sequence[Progress]) -> None:
    await tx.executemany(
        _SAVE, [(user_id, *msgspec.structs.astuple(row), row.to_continue) for row in rows]
    )


async def _stored(tx: Transaction, user_id: UserId, item_id: ItemId) -> Progress:
    sql = f"{PROGRESS} WHERE user_id = ? AND item_id = ?"
    return await tx.one(Progress, sql, user_id, item_id) or Progress(item_id=item_id)


async def _when(tx: Transaction, event: WatchEvent, before: Progress, now: float) -> float:
    """When it happened: never in the future, and in the order of its session.

    What happens now comes after all that is known, even if the clock was set back meanwhile.
    """
    at = max(now, before.changed_at) if event.at == NOW else min(event.at, now)
    if event.session_id is None or event.seq is None:
        return at
    place = (event.user_id, event.session_id, event.seq)
    last = await tx.value(_LAST_IN_SESSION, *place)
    at = at if last is None else max(at, last)
    following = await tx.value(_NEXT_IN_SESSION, *place)
    return at if following is None else min(at, following - _JUST_BEFORE)


class _Pair(msgspec.Struct, frozen=True):
    user_id: UserId
    item_id: ItemId
