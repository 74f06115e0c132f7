"""Costs side by side: contestants take turns, medians are compared, CPU beside wall time.

Ratios survive a noisy machine where milliseconds do not; CPU ratios survive more noise than wall.
"""

import os
import signal
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec


class Cost(msgspec.Struct, frozen=True):
    """Seconds; ``cpu`` of the contestant alone."""

    wall: float
    cpu: float


class Line(msgspec.Struct, frozen=True):
    """One outcome against one goal."""

    goal: str
    part: str
    value: float
    target: float
    at_least: bool = False
    note: str = ""

    def __str__(self) -> str:
        met = self.value >= self.target if self.at_least else self.value <= self.target
        verdict = "ok" if met else "missed"
        relation = ">=" if self.at_least else "<="
        note = f" ({self.note})" if self.note else ""
        return (
            f"{self.goal} {self.value:.3g} {relation} {self.target:g} {verdict}  {self.part}{note}"
        )


def interleaved(contestants: Mapping[str, Callable[[], Cost]], n: int) -> dict[str, Cost]:
    """The median costs of ``n`` rounds in each of which everyone has a turn."""
    rounds: dict[str, list[Cost]] = {name: [] for name in contestants}
    for _ in range(n):
        for name, run in contestants.items():
            rounds[name].append(run())
    return {name: middle(costs) for name, costs in rounds.items()}


def middle(costs: Sequence[Cost]) -> Cost:
    return Cost(
        statistics.median(cost.wall for cost in costs),
        statistics.median(cost.cpu for cost in costs),
    )


def against(ours: Cost, theirs: Cost, n: int) -> str:
    """What stands behind a ratio of wall times."""
    cpu = f"cpu {ours.cpu / theirs.cpu:.2g}, " if theirs.cpu else ""
    return f"{cpu}{ours.wall * 1000:.4g} ms : {theirs.wall * 1000:.4g} ms, n={n}"


def here(work: Callable[[], object]) -> Cost:
    """What ``work`` costs in this process."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Cost(time.perf_counter() - wall, time.process_time() - cpu)


def command(*words: str | Path) -> Cost:
    """What a command costs from start to end; it must succeed."""
    return until(
        words, lambda process: process.stdout is None or bool(process.stdout.read()) or True
    )


def until(
    words: Sequence[str | Path], ready: Callable[["subprocess.Popen[bytes]"], object]
) -> Cost:
    """What a command costs until ``ready`` returns; what still runs then is killed."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [str(word) for word in words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    ready(process)
    wall = time.perf_counter() - began
    early = _kill_if_running(process)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.stdout is not None:
        process.stdout.close()
    if process.returncode and not early:
        raise RuntimeError(f"{words[0]} failed: {' '.join(map(str, words))}")
    return Cost(wall, usage.ru_utime + usage.ru_stime)


def _kill_if_running(process: "subprocess.Popen[bytes]") -> bool:
    """Not ``poll``, which would reap it before its usage is read."""
    for _ in range(20):  # one that has said its last word needs a moment to end
        if os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
            return False
        if process.stdout is None or not process.stdout.closed:
            time.sleep(0.0005)
    os.kill(process.pid, signal.SIGKILL)
    return True


def cpu_of(pid: int) -> float:
    """Seconds that a process and its threads have used so far, to the nanosecond.

    The number of the clock is what clock_getcpuclockid(3) makes of a process id.
    """
    return time.clock_gettime(~pid << 3 | 2)


def settled(pid: int, patience: float = 8.0) -> None:
    """Wait until a process has nothing left to do."""
    until_ = time.monotonic() + patience
    before = cpu_of(pid)
    while time.monotonic() < until_:
        time.sleep(0.25)
        now = cpu_of(pid)
        if now - before < 0.02:
            return
        before = now
