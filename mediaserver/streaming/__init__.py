"""Cutting media exactly: decisions, plans, playlists and segments, all in process.

For: turning one media file into what a client can play. Not for: which file an item has
(catalog), who may watch (accounts), where a viewer stopped (history).
"""

from mediaserver.streaming.models import Capabilities, Decision, Mode, Plan, Presentation, Reason

__all__ = ["Capabilities", "Decision", "Mode", "Plan", "Presentation", "Reason"]
