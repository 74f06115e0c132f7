"""Cutting media exactly: decisions, plans, playlists and segments, all in process.

For: turning one media file into what a client can play. Not for: which file an item has
(catalog), who may watch (accounts), where a viewer stopped (history).
Any segment is a pure function of file, rendition and number; sessions only grant and speed up.
"""

from mediaserver.streaming.ahead import PreviewsAhead
from mediaserver.streaming.cache import Segment
from mediaserver.streaming.choices import becomes_text, subtitle_names
from mediaserver.streaming.delivery import Delivery, Opened, rendition_named, start_rendition
from mediaserver.streaming.image_subtitles import IMAGE_WINDOW
from mediaserver.streaming.languages import language_name
from mediaserver.streaming.models import (
    AudioRendition,
    Capabilities,
    Decision,
    Mode,
    Plan,
    PlaybackSession,
    Playing,
    PlayState,
    Presentation,
    Reason,
    Report,
    Source,
    SubtitleRendition,
    VideoRendition,
    Who,
    Wish,
)
from mediaserver.streaming.playlist import TICKS
from mediaserver.streaming.scripts import MAX_FONTS, SCRIPT_CODECS, SCRIPT_WINDOW
from mediaserver.streaming.sessions import Sessions
from mediaserver.streaming.streaming import Started, Streaming, open_streaming
from mediaserver.streaming.trickplay import Trickplay

__all__ = [
    "IMAGE_WINDOW",
    "MAX_FONTS",
    "SCRIPT_CODECS",
    "SCRIPT_WINDOW",
    "TICKS",
    "AudioRendition",
    "Capabilities",
    "Decision",
    "Delivery",
    "Mode",
    "Opened",
    "Plan",
    "PlayState",
    "PlaybackSession",
    "Playing",
    "Presentation",
    "PreviewsAhead",
    "Reason",
    "Report",
    "Segment",
    "Sessions",
    "Source",
    "Started",
    "Streaming",
    "SubtitleRendition",
    "Trickplay",
    "VideoRendition",
    "Who",
    "Wish",
    "becomes_text",
    "language_name",
    "open_streaming",
    "rendition_named",
    "start_rendition",
    "subtitle_names",
]
