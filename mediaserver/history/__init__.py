"""What was watched: an append-only ledger, and the progress derived from it. Never lost.

For: positions, watched marks, favourites, ratings. Not for: which items exist (catalog).
"""

__all__: list[str] = []
