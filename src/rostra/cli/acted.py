"""Commands that plugins add, to do something once with the settings that ``rostra run`` would have."""

import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

import click

from rostra.cli.options import color_option, plugin_arguments, seconds_option, settings_options

__all__ = ["acting"]

_US = f"{__name__}:prepare"

Act: TypeAlias = Callable[..., Awaitable[None]]


def acting(
    help_text: str,
    act: Act,
    *parameters: click.Parameter,
    plugin: str,
    look: Callable[[Any], Mapping[str, Any]] | None = None,
    before: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None,
) -> click.Command:
    """A command for the entry points of plugins (``rostra.commands``), which does something once.

    It takes the settings as ``rostra run`` does, and runs ``act`` as the task of a stage with one plugin; those that the
    settings list are left out, and settings that nobody reads are not told. Errors and exit codes are those of ``rostra run``;
    Ctrl-C ends it in order.

    Args:
        help_text: What ``--help`` says.
        act: A coroutine function. Its parameters are the values of ``parameters`` by name; ``say``, which prints a line;
            and whatever the stage has, by type.
        parameters: Arguments and options, as ``click.Argument`` and ``click.Option``.
        plugin: Which plugin it needs.
        look: If there is one, the command takes plugins, too, and prepares them first as ``rostra check`` does: this is
            called with the ``rostra.plugin.Rehearsal``, and gives ``act`` more values by name.
        before: If there is one, it is called with the values of ``parameters`` before anything else, and gives those that
            ``act`` takes instead: to refuse what was typed before the stage is prepared.

    Returns:
        A ``click.Command``.
    """

    @click.command(help=help_text)
    @settings_options
    @seconds_option("--start-timeout", "30", "How long to wait for what is not there yet.")
    @color_option
    def command(
        *,
        files: tuple[str, ...],
        env_prefix: str | None,
        overrides: tuple[str, ...],
        start_timeout: float,
        color: bool,
        plugins: tuple[str, ...] = (),
        **given: Any,
    ) -> None:
        from rostra.cli.ending import reported
        from rostra.cli.look import look as paper_for
        from rostra.cli.naming import see_working_directory
        from rostra.cli.partly import PartlyRead
        from rostra.plugin import stage

        def settings(*more: str) -> PartlyRead:
            """Quiet, unless told otherwise."""
            said = ("logging.level=warning", *overrides, *more)
            return PartlyRead.from_files(*files, env_prefix=env_prefix, overrides=said)

        with reported(), _not_told_of_us():
            see_working_directory()
            given = dict(before(given)) if before else given
            seen = _seen(look, plugins, settings(), start_timeout, color=color) if look else {}
            acts = _acting(act, {**given, **seen, "say": paper_for(color=color).line}, plugin)
            # What the settings list is what others run.
            stage(acts, config=settings("plugins=[]"), start_timeout=start_timeout)

    if look is not None:
        command = plugin_arguments(command)
    command.params = [*parameters, *command.params]
    return command


@contextmanager
def _not_told_of_us() -> Iterator[None]:
    """Leave out the notes that name the plugin in which the act runs: nobody has written it, so nobody can look it up."""
    from rostra.cli.report import leaves

    try:
        yield
    except (Exception, BaseExceptionGroup) as error:
        for leaf in leaves(error):
            if (notes := getattr(leaf, "__notes__", None)) is not None:
                notes[:] = [each for each in notes if _US not in each]
        raise


def _seen(
    look: Callable[[Any], Mapping[str, Any]],
    plugins: Sequence[str],
    source: Any,
    start_timeout: float,
    *,
    color: bool,
) -> Mapping[str, Any]:
    """What plugins tell that are prepared and not started; the process ends here if they cannot be."""
    from rostra.cli.examining import examine
    from rostra.cli.problems import exit_code_of, show_problems

    told: dict[str, Any] = {}
    examined = examine(
        plugins, source, start_timeout=start_timeout, look=lambda seen: told.update(look(seen))
    )
    if examined.problems:
        show_problems(examined.problems, color=color)
        raise SystemExit(exit_code_of(examined.problems))
    return told


def _acting(act: Act, given: dict[str, Any], plugin_name: str) -> Any:
    """A plugin with the act as a task; the stage ends with that, whatever else there is to do."""
    import asyncio

    from rostra import plugin

    over = asyncio.Event()

    async def end(cancel: plugin.Cancel) -> None:
        waits = [asyncio.ensure_future(each) for each in (over.wait(), cancel.wait())]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for each in waits:
            each.cancel()
        cancel.set()

    async def prepare(load: plugin.Loader) -> AsyncIterator[plugin.Task]:
        await load(plugin_name)
        yield plugin.task(_until_over(act, given, over), name="command")
        yield plugin.task(end, name="end of the command")

    return prepare


def _until_over(act: Act, given: dict[str, Any], over: Any) -> Act:
    """The act as a task that takes from the stage what is not given, and so ends with it as other tasks do."""
    import inspect

    @functools.wraps(act)
    async def acting(**needs: Any) -> None:
        try:
            await act(**given, **needs)
        finally:
            over.set()

    taken = inspect.signature(act, eval_str=True).parameters.values()
    needed = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in taken if each.name not in given]
    acting.__annotations__ = {}  # they stand in the signature
    acting.__signature__ = inspect.Signature(needed)  # type: ignore[attr-defined]  # inspect reads it
    return acting
