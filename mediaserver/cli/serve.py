"""``mediaserver serve``: listen until SIGTERM or Ctrl-C, then close within seconds."""

import asyncio
import signal

import click

from mediaserver.app import serving
from mediaserver.config import Config
from mediaserver.log import configure_logging


@click.command()
@click.pass_obj
def serve(config: Config) -> None:
    """Start the server."""
    configure_logging(config.log.format, config.log.level)
    asyncio.run(_serve(config))


async def _serve(config: Config) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with serving(config) as (services, url):
        code = await services.accounts.setup_code()
        click.echo(f"Media server at {url}")
        if code:
            click.echo(f"Set it up at    {url}/setup?code={code}")
            click.echo(f"Set-up code     {code}")
        await stop.wait()
        click.echo("Stopping.")
