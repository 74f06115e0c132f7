"""A media server for the home: scan a disk, browse it, play it anywhere in the house.

One aiohttp process, one port, SQLite and PyAV. Each sub-package is a room named after what the
owner of a media server would call it; ``services.py`` is the floor plan.
"""

__version__ = "0.1.0"
