"""The command line: one file per family of commands.

Exit codes: 0 done, 1 failed (one line says why), 2 wrong usage or settings.
"""

from mediaserver.cli.main import main

__all__ = ["main"]
