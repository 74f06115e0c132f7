"""Who may come in: people, passwords, sign-ins and the one-time set-up.

For: deciding who a viewer is. Not for: cookies and headers (http), what was watched (history).
There is no default password: the first owner needs the code printed where the server runs.
"""

from mediaserver.accounts.accounts import Accounts, Origin, SignIn
from mediaserver.accounts.models import Role, User, Viewer
from mediaserver.accounts.passwords import Passwords
from mediaserver.accounts.store import AccountStore

__all__ = ["AccountStore", "Accounts", "Origin", "Passwords", "Role", "SignIn", "User", "Viewer"]
