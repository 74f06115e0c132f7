"""Home rows and everything else that needs both what there is and what was watched.

For: continue watching, next up, recently added, counts of what is unwatched, cards dressed with
what the viewer did. Not for: the items (catalog) or the ledger (history); it owns no table.
"""

from mediaserver.shelves.models import Row
from mediaserver.shelves.shelves import CONTINUE, NEXT_UP, Shelves

__all__ = ["CONTINUE", "NEXT_UP", "Row", "Shelves"]
