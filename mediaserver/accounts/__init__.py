"""Who may come in: people, passwords, sign-ins and the one-time set-up.

For: deciding who a viewer is. Not for: cookies and headers (http), what was watched (history).
"""

from mediaserver.accounts.models import Role, User, Viewer

__all__ = ["Role", "User", "Viewer"]
