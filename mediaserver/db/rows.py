"""Rows become structs: a column ``tags_json`` is decoded first and fills the field ``tags``."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")
Columns = Sequence[str]
_JSON = "_json"


def as_structs(type_: type[T], columns: Columns, rows: Iterable[Sequence[Any]]) -> list[T]:
    """Each row as a ``type_``; for a scalar type the first column alone."""
    if not (isinstance(type_, type) and issubclass(type_, msgspec.Struct)):
        return [msgspec.convert(row[0], type_, strict=False) for row in rows]
    decode = msgspec.json.decode
    json_at = [i for i, name in enumerate(columns) if name.endswith(_JSON)]
    names = [name.removesuffix(_JSON) for name in columns]
    structs: list[T] = []
    for row in rows:
        values = list(row)
        for i in json_at:
            if values[i] is not None:
                values[i] = decode(values[i])
        structs.append(msgspec.convert(dict(zip(names, values, strict=True)), type_, strict=False))
    return structs


def as_json(value: object) -> str:
    """What a ``*_json`` column holds."""
    return msgspec.json.encode(value).decode()
