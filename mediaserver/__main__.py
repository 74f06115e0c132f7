"""``python -m mediaserver`` is the ``mediaserver`` command."""

from mediaserver.cli import main

main()
