"""Which commands are there? Our own, and those that installed plugins add; each is imported when it is called.

A plugin adds one by an entry point of the group ``rostra.commands``: its name is what the user types, its value
names a ``click.Command``.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

__all__ = ["rostra"]

GROUP = "rostra.commands"

_OURS = {
    "check": ("rostra.cli.check", "Show everything that would keep plugins from starting."),
    "config": ("rostra.cli.config", "Show the settings that plugins read, and who said what."),
    "graph": ("rostra.cli.graph", "Show what a stage is made of."),
    "probe": ("rostra.cli.probe", "Ask a running stage whether it is well."),
    "render": ("rostra.cli.render", "Print a file with its ${...} replaced."),
    "run": ("rostra.cli.run", "Run plugins until they are done or told to stop."),
    "secret": ("rostra.cli.secret", "Print a secret as the settings would get it."),
}


class _Commands(click.Group):
    """The group of all commands, whose names are known before any of them is imported."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  (click calls it so)
        return sorted({*_OURS, *_installed()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  (click calls it so)
        if cmd_name in _OURS:
            module, _ = _OURS[cmd_name]
            return _command(import_module(module).command, cmd_name)
        added = _installed().get(cmd_name)
        return None if added is None else _command(added.load(), cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name.startswith("-") or self.get_command(ctx, name) is not None:
            return super().resolve_command(ctx, args)
        from difflib import get_close_matches

        near = get_close_matches(name, self.list_commands(ctx), n=1)
        hint = f"Did you mean {near[0]}?" if near else f"To run a plugin, type: rostra run {name}"
        raise click.UsageError(f"There is no command {name}. {hint}", ctx)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was typed. What an option is called elsewhere is said as it is called here."""
        try:
            return super().invoke(ctx)
        except click.NoSuchOption as error:
            from rostra.cli.elsewhere import meant

            if (here := meant(error.option_name)) is None:
                raise
            unknown = error
        message = f"No such option {unknown.option_name!r}. {here}"
        raise click.NoSuchOption(unknown.option_name, message, ctx=unknown.ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  (as above)
        from rostra.cli.summing_up import in_one_line

        lines = {name: in_one_line(name, entry) for name, entry in _installed().items()}
        lines |= {name: line for name, (_, line) in _OURS.items()}
        with formatter.section("Commands"):
            formatter.write_dl(sorted(lines.items()))


@click.group(
    cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="rostra", message="%(prog)s %(version)s")
def rostra() -> None:
    """Run asyncio applications made of plugins."""


def _command(found: Any, name: str) -> click.Command:
    if not isinstance(found, click.Command):
        msg = f"the entry point {name} of {GROUP} names {found!r}, which is not a click.Command"
        raise click.ClickException(msg)
    return found


def _installed() -> Mapping[str, Any]:
    """The entry points of plugins' commands by name; ours cannot be replaced."""
    from rostra.installed import entry_points

    return {entry.name: entry for entry in entry_points(GROUP) if entry.name not in _OURS}
