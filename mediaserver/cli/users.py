"""``mediaserver user``: people, without a browser."""

import asyncio
import sys
from collections.abc import Awaitable, Callable

import click
import msgspec

from mediaserver.accounts import Accounts, Role
from mediaserver.config import Config
from mediaserver.errors import Invalid
from mediaserver.services import open_services


@click.group()
def user() -> None:
    """Add, list and remove people."""


@user.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice([role.value for role in Role]), default="viewer")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.pass_obj
def add(config: Config, name: str, role: str, password_stdin: bool) -> None:
    """Add a person; the first owner this way needs no set-up code."""
    password = _password(password_stdin)

    async def work(accounts: Accounts) -> None:
        added = await accounts.add_user(name, password, Role(role))
        click.echo(f"Added {added.username} ({added.role}).")

    _with_accounts(config, work)


@user.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_users(config: Config, as_json: bool) -> None:
    """List everyone."""

    async def work(accounts: Accounts) -> None:
        users = await accounts.users()
        if as_json:
            click.echo(msgspec.json.encode(users))
            return
        for one in users:
            click.echo(f"{one.username}  {one.role}")

    _with_accounts(config, work)


@user.command("passwd")
@click.argument("name")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.pass_obj
def passwd(config: Config, name: str, password_stdin: bool) -> None:
    """Set a new password; signs the person out everywhere."""
    password = _password(password_stdin)

    async def work(accounts: Accounts) -> None:
        await accounts.set_password(await accounts.named(name), password)
        click.echo("Password changed.")

    _with_accounts(config, work)


@user.command("remove")
@click.argument("name")
@click.pass_obj
def remove(config: Config, name: str) -> None:
    """Remove a person."""

    async def work(accounts: Accounts) -> None:
        await accounts.remove(await accounts.named(name))
        click.echo(f"Removed {name}.")

    _with_accounts(config, work)


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    if not sys.stdin.isatty():
        raise Invalid("Give --password-stdin, or run this in a terminal.")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))


def _with_accounts(config: Config, work: Callable[[Accounts], Awaitable[None]]) -> None:
    async def run() -> None:
        async with open_services(config, exclusive=False) as services:
            await work(services.accounts)

    asyncio.run(run())
