"""The database: one guarded writer, read-only readers, migrations with a verified backup.

For: opening SQLite with settings that lose nothing in a power cut, and turning rows into structs.
Not for: any room's SQL; that stands in the room's own ``store.py``.
Nothing but SQLite ever opens the live file: a plain ``open()`` would drop the process's locks.
"""

from mediaserver.db.database import Database, Transaction, open_database
from mediaserver.db.rows import as_json

__all__ = ["Database", "Transaction", "as_json", "open_database"]
