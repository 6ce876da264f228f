"""What can go wrong when plugins are loaded, and while a stage starts, runs and stops."""

from rostra.errors.base import RostraError, Wording


class PluginError(RostraError, RuntimeError):
    """A plugin, or how one is used, is not as it must be.

    Args:
        what: One line that makes sense alone.
        where: Which plugin, asked for by whom, file and line.
        why: What was found.
        fix: What to write.
    """

    what: str
    where: tuple[str, ...] = ()
    why: tuple[str, ...] = ()
    fix: tuple[str, ...] = ()

    def wording(self) -> Wording:
        """The four parts as they were given."""
        return Wording(self.what, self.where, self.why, self.fix)


class PluginNotFoundError(RostraError, LookupError):
    """No plugin has this name.

    An ``ImportError`` inside a plugin's own code is not this one: it keeps its type.

    Args:
        wanted: The name as it was written.
        asked_by: The plugin that asks and where, or "" if no plugin does.
        why: What was looked at.
        fix: The closest match, or how to name a plugin.
        listed: Where the settings name it (``plugins[1], from app.yml:3``), or "".
    """

    wanted: str
    asked_by: str = ""
    why: tuple[str, ...] = ()
    fix: tuple[str, ...] = ()
    listed: str = ""

    def wording(self) -> Wording:
        """The name, who asked, what was looked at and what comes close."""
        where: tuple[str, ...] = (f"loaded by {self.asked_by}",) if self.asked_by else ()
        where += (f"listed as {self.listed}",) if self.listed else ()
        return Wording(f'there is no plugin "{self.wanted}"', where, self.why, self.fix)


class PluginCycleError(RostraError, RuntimeError):
    """Plugins wait for each other to be prepared.

    Args:
        path: The circle: names of plugins, the first one again at the end.
        places: Where each of them loads the next: file and line.
    """

    path: tuple[str, ...]
    places: tuple[str, ...] = ()

    def wording(self) -> Wording:
        """The circle, a line per plugin."""
        names = (self.path[0], *(f"└ loads {name}" for name in self.path[1:]))
        width = max(map(len, names))
        places = (*self.places, *[""] * len(names))
        drawn = tuple(f"{name:<{width}}  {place}" for name, place in zip(names, places, strict=False))
        return Wording(
            f"plugins load each other in a circle: {' → '.join(self.path)}",
            why=("each would have to be prepared before the other",),
            fix=("move what both need into a plugin of its own, and load that from both",),
            body=drawn,
        )


class StartTimeoutError(RostraError, TimeoutError):
    """The stage did not get to run in time.

    Args:
        seconds: The ``start_timeout``.
        tree: Plugins and tasks that are not there yet, and where each of them awaits; drawn, a line each.
        lacks: What tasks said that they wait for (``broker default``).
    """

    seconds: float
    tree: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()

    def wording(self) -> Wording:
        """The tree of what was waited for."""
        sooner = "let what takes long be awaited in a task, and say started() when it is there"
        if self.lacks:
            is_one = len(self.lacks) == 1
            there = f"{' and '.join(self.lacks)} {'is' if is_one else 'are'} there"
            sooner = f"see that {there}, and that {'its' if is_one else 'their'} settings are right"
        return Wording(
            f"the stage did not start within {self.seconds:g} s",
            fix=(
                sooner,
                "or give it more time: start_timeout=..., with rostra run --start-timeout",
            ),
            body=self.tree,
        )


class StopTimeoutError(RostraError, TimeoutError):
    """The stop was cut short: not everything was finished before it was cancelled.

    Args:
        reason: What cut it short.
        left: What was not finished, and where each of them awaits; drawn, a line each.
        asked: It was asked for, by a second signal, say; then there is nothing to fix.
    """

    reason: str
    left: tuple[str, ...] = ()
    asked: bool = False

    def wording(self) -> Wording:
        """What had not ended yet."""
        more_time = (
            "take a plugin.Cancel, and end soon after it is set",
            "or give it more time: stop_timeout=..., with rostra run --stop-timeout",
        )
        return Wording(
            f"the stop was cut short: {self.reason}", fix=() if self.asked else more_time, body=self.left
        )


class TaskEndedError(RostraError, RuntimeError):
    """A task ended in a way that leaves no exception of its own to raise.

    Args:
        task: Its name.
        plugin: Which plugin it is from.
        how: How it ended.
        why: What that means.
        fix: What to do about it.
    """

    task: str
    plugin: str
    how: str
    why: tuple[str, ...] = ()
    fix: tuple[str, ...] = ()

    def wording(self) -> Wording:
        """How it ended."""
        return Wording(f"task {self.task} {self.how}", (f"plugin {self.plugin}",), self.why, self.fix)


class JobsFullError(RostraError, RuntimeError):
    """As many jobs run as may.

    Args:
        limit: How many that is.
    """

    limit: int

    def wording(self) -> Wording:
        """The limit, and what to do instead."""
        return Wording(
            f"{self.limit} jobs run already, and no more may",
            why=("a job is started and forgotten: without a limit a slow one fills the memory",),
            fix=(
                "take in less work while jobs.running is near jobs.limit",
                "or await the work where it arises",
            ),
        )
