"""Files that nobody here made, through the whole product: scanned, started, fetched, decoded.

What becomes of each is printed, and written to ``tests/output/real-files.txt``.
"""

import asyncio
import csv
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.conftest import SHARED_MEDIA
from tests.household import Household, owner_of
from tests.server import Running, running_server
from tests.streaming.real_files import Known, Outcome, faults, left_out, put_through

OUTPUT = Path(__file__).parents[1] / "output"
A_DOZEN = (
    "sample_MKV_VobSub_PGS.mkv", "bbb_642x642_768kbps_30fps_vp9.webm",
    "sample-with-large-length.avi",
    "fragmented_captions_h265.mp4", "sample_fragmented.mp4", "sample_with_vobsub.mp4",
    "sd-hls0000000000.ts", "testFLV.flv", "with-gps.mov", "sipr_5k0.mp4", "videotest.mp4",
    "nasa_13013.mp4", "test.mp4", "invalid-bitstream.webm", "sample_with_dts.mkv", "full.wma",
)  # fmt: skip
pytestmark = pytest.mark.skipif(
    not (SHARED_MEDIA / "manifest.csv").exists(), reason="no shared media on this machine"
)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    with running_server(tmp_path / "storage") as running:
        yield running


def manifest() -> list[Known]:
    with (SHARED_MEDIA / "manifest.csv").open(newline="") as file:
        return [
            Known(
                line["file"],
                line["expect"],
                line["video"],
                line["audio"],
                float(line["duration"]),
                line["note"],
            )
            for line in csv.DictReader(file)
        ]


async def test_a_dozen_real_files_play_or_say_why_not(server: Running, tmp_path: Path) -> None:
    folder = tmp_path / "films"
    folder.mkdir()
    for name in A_DOZEN:
        shutil.copyfile(SHARED_MEDIA / name, folder / name)
    some = [known for known in manifest() if known.file in A_DOZEN]
    assert len(some) == len(A_DOZEN)
    outcomes = await outcomes_of(server, folder, some)
    print(table(outcomes))
    assert not faults(outcomes)


@pytest.mark.long
@pytest.mark.timeout(1800)
async def test_every_real_file_plays_or_says_why_not(server: Running) -> None:
    outcomes = await outcomes_of(server, SHARED_MEDIA, manifest())
    text = table(outcomes)
    print(text)
    OUTPUT.mkdir(exist_ok=True)
    (OUTPUT / "real-files.txt").write_text(text)
    assert len(outcomes) >= 124
    assert not faults(outcomes)


async def outcomes_of(server: Running, folder: Path, files: Sequence[Known]) -> list[Outcome]:
    """One after the other and without ever ending a session, as a lazy client does."""
    async with owner_of(server) as household:
        library = await household.add_library(folder, kind="homevideos")
        places = await household.versions(library)
        failures = (await household.get(f"/api/libraries/{library}/failures"))["items"]
        failed = {one["path"]: f"{one['code']}: {one['reason']}" for one in failures}
        outcomes = []
        for known in files:
            async with asyncio.timeout(300):
                outcome = await put_through(household, known, places.get(known.file))
            outcome.why = outcome.why or failed.get(known.file, "")
            outcomes.append(outcome)
            await still_answers(server, household)
        return outcomes


async def still_answers(server: Running, household: Household) -> None:
    assert server.process.poll() is None, "the server has crashed"
    assert (await household.ask("GET", "/api/health", seconds=10)).status == 200


def table(outcomes: Sequence[Outcome]) -> str:
    counts = Counter((one.expect, one.result) for one in outcomes)
    missing = [f"  {one.file}: {one.why}" for one in outcomes if left_out(one)]
    return "\n".join(
        [
            "",
            Outcome("file", "expected", "result", "mode", "reasons").line,
            *(one.line for one in outcomes),
            "",
            *(f"{expect:9} {result:12} {n}" for (expect, result), n in sorted(counts.items())),
            "",
            "Left out of the list of decoders on purpose:",
            *(missing or ["  none"]),
            "",
        ]
    )
