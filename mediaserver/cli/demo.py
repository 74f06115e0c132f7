"""``mediaserver demo``: a small library of generated films to try everything with."""

from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from mediaserver.config import Config
from mediaserver.demo import write_demo


@click.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path), metavar="[DIR]")
@click.pass_obj
def demo(config: Config, folder: Path | None) -> None:
    """Write the demo library into DIR, or into this server's own library/ folder."""
    target = folder or Path(config.storage.root) / "library"
    columns = (
        TextColumn("[bold]Demo library"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[current]}", style="dim"),
    )
    console = Console(stderr=True)
    off = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=off) as progress:
        task = progress.add_task("", total=1.0, current="")
        written = write_demo(
            target,
            lambda share, current: progress.update(task, completed=share, current=current),
        )
    click.echo(f"{len(written)} files in {target}.")
    if folder is None:
        click.echo("They show after a scan: `mediaserver scan`, or the Scan button in Settings.")
    else:
        click.echo(f"Add them: mediaserver library add {target / 'movies'} --kind movies")
        click.echo(f"          mediaserver library add {target / 'shows'} --kind shows")
