"""``python -m tests.bench [P1,P4]``: each goal measured, a line for each part; always ends 0."""

import importlib
import os
import shutil
import sys
import time
import traceback
from types import ModuleType

GOALS = {
    "P1": "p01_cold_seek",
    "P3": "p03_remux_seek",
    "P4": "p04_playlist",
    "P5": "p05_probe",
    "P6": "p06_first_scan",
    "P7": "p07_rescan",
    "P8": "p08_hot_segments",
    "P9": "p09_home_data",
    "P12": "p12_encode",
    "P14": "p14_trickplay",
    "P16": "p16_api_reads",
}
_PACKAGES = {"ffmpeg": "ffmpeg", "ffprobe": "ffmpeg", "nginx": "nginx", "wrk": "wrk"}


def main(words: list[str]) -> None:
    wanted = [one.strip().upper() for word in words for one in word.split(",") if one.strip()]
    for unknown in sorted(set(wanted) - GOALS.keys()):
        print(f"{unknown} is not measured here; there are {', '.join(GOALS)}")
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    for goal, name in GOALS.items():
        if not wanted or goal in wanted:
            began = time.monotonic()
            run(goal, importlib.import_module(f"tests.bench.{name}"))
            took = time.monotonic() - began
            print(f"   {goal} took {took:.0f} s, load {os.getloadavg()[0]:.1f}", flush=True)


def run(goal: str, module: ModuleType) -> None:
    missing = [tool for tool in module.NEEDS if shutil.which(tool) is None]
    if missing:
        named = ", ".join(f"{tool} (Debian package {_PACKAGES[tool]})" for tool in missing)
        print(f"{goal} not measured; missing here: {named}", flush=True)
        return
    try:
        for line in module.measure():
            print(line, flush=True)
    except Exception:  # noqa: BLE001 - the other goals are still worth measuring
        print(f"{goal} could not be measured:", flush=True)
        traceback.print_exc()


if __name__ == "__main__":
    main(sys.argv[1:])
