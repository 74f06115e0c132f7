"""Commands that print what the program knows about itself."""

import click
import msgspec

from mediaserver.app import openapi_document


@click.command()
def openapi() -> None:
    """Print the OpenAPI document."""
    click.echo(msgspec.json.format(msgspec.json.encode(openapi_document()), indent=2))
