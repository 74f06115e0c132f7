"""``mediaserver`` itself: its settings, and how a failure is told."""

import sys
from pathlib import Path

import click

from mediaserver import __version__
from mediaserver.cli.demo import demo
from mediaserver.cli.facts import doctor, openapi
from mediaserver.cli.library import library
from mediaserver.cli.scan import scan
from mediaserver.cli.serve import serve
from mediaserver.cli.users import user
from mediaserver.config import load_config
from mediaserver.errors import ConfigError, MediaServerError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path),
    help="Settings file; without it ./config.toml when there is one.",
)
@click.version_option(__version__)
@click.pass_context
def commands(context: click.Context, config_file: Path | None) -> None:
    """A media server for the home."""
    context.obj = load_config(config_file)


for command in (serve, scan, library, user, demo, doctor, openapi):
    commands.add_command(command)


def main() -> None:
    try:
        code = commands.main(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as err:
        err.show()
        sys.exit(err.exit_code)
    except ConfigError as err:
        _say(err.detail)
        sys.exit(2)
    except MediaServerError as err:
        _say(err.detail)
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)


def _say(line: str) -> None:
    click.echo(f"mediaserver: {line}", err=True)
