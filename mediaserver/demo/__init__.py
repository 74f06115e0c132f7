"""The demo library: four generated films and a show, so that a new house has something to watch.

Everything is drawn and composed here with Pillow and libav; nothing is downloaded and nobody was
filmed. It is written with the care of a real collection, because it also shows the convention:
names and folders, subtitles inside and beside the files, chapters, artwork, information files,
several codecs and containers. What it is not for: measuring (bench) and checking (tests make their
own media). Films are a few loops of pictures whose packets are repeated, which is why six minutes
take seconds to write and few megabytes to keep.
"""

from mediaserver.demo.write import Report, write_demo

__all__ = ["Report", "write_demo"]
