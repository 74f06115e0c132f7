"""wrk against an address: requests a second, and what they cost the server's process."""

import re
import subprocess
import tempfile
import time
from pathlib import Path

import msgspec

from tests.bench.measure import cpu_of

_SCRIPT = """
local paths = {%s}
local at = 0
request = function()
  at = at + 1
  return wrk.format("GET", paths[at %% #paths + 1], {["Authorization"] = "%s"})
end
done = function(summary, latency, requests)
  local bad = summary.errors.status + summary.errors.connect + summary.errors.timeout
  io.write(string.format("took %%d %%d %%d %%d\\n", summary.requests, summary.duration,
    latency:percentile(95), bad))
end
"""


class Load(msgspec.Struct, frozen=True):
    """``cpu`` is the server's CPU seconds for each request, ``p95`` seconds."""

    rate: float
    cpu: float
    p95: float


def load(
    url: str, paths: list[str], pid: int, *, clients: int, seconds: float, token: str = ""
) -> Load:
    """``paths`` in turn, from one thread. Any answer but a good one is an error."""
    listed = ",".join(f'"{path}"' for path in paths)
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        Path(script.name).write_text(_SCRIPT % (listed, f"Bearer {token}" if token else ""))
        before, began = cpu_of(pid), time.perf_counter()
        words = ["wrk", "-t1", f"-c{clients}", f"-d{seconds:.0f}s", "-s", script.name, url]
        said = subprocess.run(words, capture_output=True, text=True, check=True, timeout=120).stdout
        del began
    found = re.search(r"took (\d+) (\d+) (\d+) (\d+)", said)
    if found is None or int(found[4]) or not int(found[1]):
        raise RuntimeError(f"wrk met errors: {said}")
    count, micros, p95 = int(found[1]), int(found[2]), int(found[3])
    return Load(count / micros * 1e6, (cpu_of(pid) - before) / count, p95 / 1e6)
