"""Search: every word a prefix, the nearest title first, with counts to narrow by.

Ranked results have no stable order to continue from, so a page is an offset into them, bound to
its query and limited in depth.
"""

import msgspec

from mediaserver.catalog.cursor import Offset, seal, unseal_offset
from mediaserver.catalog.lists import CARD, both, check_limit, condition
from mediaserver.catalog.models import Facets, Filter, ItemCard, ItemKind, SearchPage
from mediaserver.catalog.text import fold, matching, sort_key
from mediaserver.catalog.visible import Condition
from mediaserver.db import Database, as_json
from mediaserver.errors import Invalid

KINDS = (ItemKind.MOVIE, ItemKind.SHOW, ItemKind.VIDEO, ItemKind.EPISODE)
MAX_QUERY = 200
_REACH = 1000
# A title equal to the query, then one that begins with its words, then with its letters; then
# whole works before episodes and short titles before long ones. bm25 is not used: among titles it
# says little more than their length, and costs five times as much.
_ORDER = """
    i.sort_title = ?1 DESC,
    i.sort_title >= ?1 || ' ' AND i.sort_title < ?1 || '!' DESC,
    i.sort_title >= ?1 AND i.sort_title < ?1 || char(1114111) DESC,
    i.kind = 'episode', length(i.sort_title), i.sort_title, i.number
"""
_HITS = "item_search f JOIN items i INDEXED BY items_ranked ON i.number = f.rowid"
_RANKED = """
    SELECT {card} FROM items i LEFT JOIN items s ON s.id = i.show_id
    WHERE i.number IN (
        SELECT i.number FROM {hits} WHERE f.item_search MATCH ?2 AND {where}
        ORDER BY {order} LIMIT ? OFFSET ?
    ) ORDER BY {order}
"""
_COUNTS = """
    WITH hits AS MATERIALIZED (
        SELECT i.number, i.kind, i.year, {kind} AS by_kind, {genre} AS by_genre, {year} AS by_year
        FROM {hits} WHERE f.item_search MATCH ? AND {where}
    )
    SELECT 'total' AS facet, '' AS name, count(*) AS count
        FROM hits WHERE by_kind AND by_genre AND by_year
    UNION ALL
    SELECT 'kind', kind, count(*) FROM hits WHERE by_genre AND by_year GROUP BY kind
    UNION ALL
    SELECT 'year', CAST(year AS TEXT), count(*) FROM hits
        WHERE by_kind AND by_genre AND year > 0 GROUP BY year
    UNION ALL
    SELECT 'genre', g.genre, count(*) FROM hits JOIN item_genres g ON g.item_number = hits.number
        WHERE by_kind AND by_year GROUP BY g.genre
"""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What someone searches for; ``filter`` narrows it."""

    text: str
    filter: Filter = Filter()
    limit: int = 50
    cursor: str | None = None
    page: int | None = None
    """From 1; the other way to ask for a place."""


class _Count(msgspec.Struct, frozen=True):
    facet: str
    name: str
    count: int


async def search(db: Database, key: bytes, may_see: Condition, question: Question) -> SearchPage:
    check_limit(question.limit)
    if len(question.text) > MAX_QUERY:
        raise Invalid("That is too long.", fields={"q": f"at most {MAX_QUERY} characters"})
    words = matching(question.text)
    if words is None:
        return SearchPage((), None, 0, Facets())
    bound = as_json([fold(question.text), question.filter])
    offset = _offset(key, question, bound)
    facets, total = await _counts(db, may_see, words, question.filter)
    items = await _ranked(db, may_see, words, question, offset)
    end = offset + len(items)
    more = len(items) == question.limit and end < min(total, _REACH)
    next_cursor = seal(key, Offset(bound, end)) if more else None
    return SearchPage(tuple(items), next_cursor, total, facets)


def _offset(key: bytes, question: Question, bound: str) -> int:
    if question.cursor is not None:
        return unseal_offset(key, question.cursor, bound)
    offset = (1 if question.page is None else question.page) * question.limit - question.limit
    if not 0 <= offset < _REACH:
        raise Invalid(
            f"Search reaches the first {_REACH} results; narrow it down.",
            fields={"page": f"1 to {_REACH // question.limit}"},
        )
    return offset


async def _ranked(
    db: Database, may_see: Condition, words: str, question: Question, offset: int
) -> list[ItemCard]:
    where = both(may_see, _kinds(question.filter), _library(question.filter))
    where = both(where, condition(question.filter))
    title = sort_key(question.text)
    sql = _RANKED.format(hits=_HITS, where=where.sql, order=_ORDER, card=CARD)
    return await db.slow.all(ItemCard, sql, title, words, *where.args, question.limit, offset)


async def _counts(
    db: Database, may_see: Condition, words: str, filter_: Filter
) -> tuple[Facets, int]:
    """Each facet counts what the other filters let through, so one can change one's mind."""
    kind = _kinds(filter_)
    genre = condition(Filter(genre=filter_.genre))
    year = condition(Filter(year=filter_.year))
    chosen = Filter(only=filter_.only, without=filter_.without)
    where = both(may_see, _library(filter_), condition(chosen))
    sql = _COUNTS.format(
        hits=_HITS, kind=kind.sql, genre=genre.sql or "1", year=year.sql or "1", where=where.sql
    )
    args = (*kind.args, *genre.args, *year.args, words, *where.args)
    counts: dict[str, dict[str, int]] = {"total": {}, "kind": {}, "genre": {}, "year": {}}
    for row in await db.slow.all(_Count, sql, *args):
        counts[row.facet][row.name] = row.count
    return Facets(counts["kind"], counts["genre"], counts["year"]), counts["total"][""]


def _kinds(filter_: Filter) -> Condition:
    kinds = filter_.kinds or KINDS
    return Condition(f"i.kind IN ({', '.join('?' * len(kinds))})", tuple(kinds))


def _library(filter_: Filter) -> Condition:
    if filter_.library_id is None:
        return Condition("")
    return Condition("i.library_id = ?", (filter_.library_id,))
