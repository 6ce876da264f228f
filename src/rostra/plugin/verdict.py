"""How did it end? What went wrong in the life of a stage, as the one exception that its caller gets."""

from collections.abc import Sequence

from rostra import errors


class Verdict:
    """What went wrong.

    Args:
        start: Why the stage did not start.
        tasks: What the tasks raised, in their order.
        cut_short: What was not finished when the stop was cut short.
        teardown: What could not be put away.
    """

    __slots__ = ("cut_short", "start", "tasks", "teardown")

    def __init__(self) -> None:
        self.start: BaseException | None = None
        self.tasks: Sequence[BaseException] = ()
        self.cut_short: errors.StopTimeoutError | None = None
        self.teardown: Sequence[BaseException] = ()

    def error(self, *, with_tasks: bool = True) -> BaseException | None:
        """What to raise: nothing; what kept it from starting or cut it short, as it is; else all as a group.

        Args:
            with_tasks: What the tasks raised is part of it; else it is a result.
        """
        tasks = self.tasks if with_tasks else ()
        single = [each for each in (self.start, self.cut_short) if each is not None]
        if len(single) == 1 and not tasks and not self.teardown:
            return single[0]
        failures = [*single[:1], *tasks, *single[1:], *self.teardown]
        return BaseExceptionGroup(self._headline(len(tasks)), failures) if failures else None

    def _headline(self, tasks: int) -> str:
        said = [
            "the start" if self.start else "",
            f"{tasks} task{'s' if tasks > 1 else ''}" if tasks else "",
            "the teardown" if self.teardown else "",
        ]
        failed = " and ".join(each for each in said if each)
        return f"{failed} of the stage failed"
