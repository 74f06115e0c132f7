"""Logs: one line for a person or one JSON object, with secrets and control characters taken out."""

import json
import logging
import re
import sys
import time
from textwrap import indent
from typing import Literal

REQUEST_ID = "request_id"
_SECRETS = (
    (re.compile(r"/v/[^/\s\"]+"), "/v/…"),
    (re.compile(r"(?i)(authorization['\"]?\s*[:=]\s*['\"]?(?:bearer\s+)?)[^\s'\",]+"), r"\1…"),
    (re.compile(r"(?i)((?:__Host-)?sid=|set-cookie:\s*|cookie:\s*)[^\s;,]+"), r"\1…"),
    (re.compile(r"(?i)((?:code|token|password|secret|key)=)[^&\s]+"), r"\1…"),
)
# Controls; what turns a line around or hides in it; halves of characters, which cannot be written.
_CONTROL = re.compile(
    r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)


def redact(text: str) -> str:
    """``text`` without secrets, and with nothing in it that moves a terminal's cursor."""
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return _CONTROL.sub(lambda match: f"\\x{ord(match[0]):02x}", text)


class HumanFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        stamp = time.strftime("%H:%M:%S", time.localtime(record.created))
        text = redact(record.getMessage().replace("\n", "\\n"))
        request_id = getattr(record, REQUEST_ID, None)
        line = f"{stamp} {record.levelname.lower():7} {text}"
        if request_id:
            line += f"  [{request_id}]"
        if record.exc_info:
            # Indented, so that no text of a stranger's can pose as a line of its own.
            line += "\n" + indent(redact(self.formatException(record.exc_info)), "    ")
        return line


class JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, object] = {
            "at": round(record.created, 3),
            "level": record.levelname.lower(),
            "room": record.name.removeprefix("mediaserver."),
            "message": redact(record.getMessage()),
        }
        if request_id := getattr(record, REQUEST_ID, None):
            entry["request_id"] = request_id
        if record.exc_info:
            entry["traceback"] = redact(self.formatException(record.exc_info))
        return json.dumps(entry, ensure_ascii=False)


class OneLine(logging.Filter):
    """aiohttp writes a traceback of a dozen lines for each malformed request: keep one line."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and record.exc_info[1] is not None:
            record.msg = f"{record.getMessage()}: {record.exc_info[1]!r}"[:300]
            record.args = ()
            record.exc_info = None
            record.exc_text = None
        return True


def configure_logging(form: Literal["human", "json"], level: str) -> None:
    """To standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if form == "json" else HumanFormatter())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    logging.getLogger("asyncio").setLevel(logging.WARNING)
    server = logging.getLogger("aiohttp.server")
    server.filters = [OneLine()]
