"""C35: what never stands in a log, and what a stranger's text cannot do there."""

import json
import logging
import sys
from pathlib import Path

import aiohttp
import pytest

from mediaserver.log import HumanFormatter, JsonFormatter
from tests.server import running_server

PASSWORD = "a password nobody logs"
HOSTILE = (
    "\x1b[2J",
    "\r\n12:00:00 info    forged", "\u202egpj.exe", "\u2066x", "\x00", "\x9b31m", "\ud800",
    "\u2028", "\u200b",
)  # fmt: skip


@pytest.mark.parametrize("formatter", [HumanFormatter(), JsonFormatter()])
@pytest.mark.parametrize("text", HOSTILE)
def test_c35_hostile_text_stays_in_its_line(formatter: logging.Formatter, text: str) -> None:
    try:
        raise ValueError(text)  # noqa: TRY301
    except ValueError:
        record = logging.LogRecord("x", 40, "", 0, "%s", (f"a {text} b",), sys.exc_info())
    written = formatter.format(record)
    written.encode()
    first, *rest = written.split("\n")
    assert all(line.startswith("    ") for line in rest if line)
    assert not set(written) & (set(text) - set("\n ") - set(map(chr, range(32, 127))))
    assert "a " in first
    if isinstance(formatter, JsonFormatter):
        json.loads(written)
        assert not rest


@pytest.mark.parametrize("form", ["human", "json"])
async def test_c35_a_servers_log_holds_no_secret(tmp_path: Path, form: str) -> None:
    settings = {"MEDIASERVER_LOG__FORMAT": form, "MEDIASERVER_LOG__LEVEL": "debug"}
    with running_server(tmp_path / "storage", **settings) as server:
        code = server.setup_code or ""
        async with aiohttp.ClientSession(server.url) as session:
            body = {"code": code, "username": "ana", "password": PASSWORD}
            answer = await session.post("/api/setup", json=body)
            secrets = await answer.json()
            cookie = answer.cookies["sid"].value
            token = secrets["access_token"]
            for path in (
                f"/setup?code={code}", f"/?token={token}", "/v/secret.prefix.1.mac/index.m3u8",
                f"/api/users/me?access_token={token}", "/%0d%0aforged%1b[2J",
                "/v/secret%0aprefix/x",
            ):  # fmt: skip
                await session.get(path, headers={"Authorization": f"Bearer {token}"})
            await session.post("/api/auth/login", json={"username": PASSWORD, "password": "x"})
            await session.post("/api/auth/login", data=b"{" + PASSWORD.encode())
    log = (tmp_path / "server.log").read_text()
    assert "/api/setup" in log
    hidden = (code, PASSWORD, cookie, token, secrets["refresh_token"], "secret.prefix", "\x1b")
    for secret in hidden:
        assert secret not in log
    assert not [line for line in log.splitlines() if line.startswith("forged")]
