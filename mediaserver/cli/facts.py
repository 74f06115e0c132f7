"""Commands that print what the program knows about itself and about this machine."""

import asyncio

import click
import msgspec

from mediaserver.app import openapi_document
from mediaserver.config import Config
from mediaserver.health import Report
from mediaserver.services import open_services


@click.command()
def openapi() -> None:
    """Print the OpenAPI document."""
    click.echo(msgspec.json.format(msgspec.json.encode(openapi_document()), indent=2))


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def doctor(config: Config, as_json: bool) -> int:
    """Say what works here, what does not, and what to do about it."""
    report = asyncio.run(_report(config))
    if as_json:
        click.echo(msgspec.json.encode(report))
    else:
        for check in report.checks:
            click.echo(f"{'ok     ' if check.ok else 'PROBLEM'}  {check.name}: {check.detail}")
            if check.remedy:
                click.echo(f"         {check.remedy}")
    return 0 if report.status == "ok" else 1


async def _report(config: Config) -> Report:
    async with open_services(config, exclusive=False) as services:
        return await services.health.report()
