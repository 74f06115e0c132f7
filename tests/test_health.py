"""The doctor: what is wrong is named with its remedy."""

import shutil

from mediaserver.health import Check


async def test_a_library_whose_disk_is_away_is_a_problem_with_a_remedy(services, tmp_path) -> None:
    folder = tmp_path / "disk"
    folder.mkdir()
    (folder / "Broken.mkv").write_bytes(b"no film" * 100)
    library = await services.library.add("Disk", "homevideos", [str(folder)])
    await services.scanner.scan(library.id)
    found = await check(services, "library Disk")
    assert found == Check(
        "library Disk", ok=True, detail="present, 1 of its files cannot be played"
    )
    shutil.rmtree(folder)
    await services.scanner.scan(library.id)
    found = await check(services, "library Disk")
    assert not found.ok
    assert str(folder) in found.detail
    assert found.remedy


async def test_a_sound_server_says_so(client, sign_in) -> None:
    answer = await client.get("/api/admin/health", headers=await sign_in("admin"))
    report = await answer.json()
    by_name = {one["name"]: one for one in report["checks"]}
    assert by_name["database"]["detail"] == "sound"
    assert by_name["media guards"]["ok"]
    assert {"python", "av", "aiohttp"} <= report["versions"].keys()
    assert (await client.get("/api/admin/health", headers=await sign_in("viewer"))).status == 403


async def check(services, name: str) -> Check:
    report = await services.health.report()
    return next(one for one in report.checks if one.name == name)
