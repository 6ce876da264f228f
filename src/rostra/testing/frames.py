"""Which frames of a failed test tell something? Not those by which rostra came to call the code of its users.

This is imported when a test on a stage has failed. What failed within rostra itself is shown whole.
"""

from collections.abc import Iterator, Sequence
from types import TracebackType

from rostra.errors import RostraError
from rostra.log.tracebacks import beginning, is_ours, is_pythons, part_folders

__all__ = ["leave_out_ours"]


def leave_out_ours(error: BaseException) -> None:
    """Leave out rostra's frames on the way to others', and all of them where the error says itself what is wrong.

    Errors of a group are shortened, too. One that would have no frame left keeps all.
    """
    steps = list(_steps(error.__traceback__))
    files = [step.tb_frame.f_code.co_filename for step in steps]
    shown: TracebackType | None = None
    for place in sorted(
        _telling(files, says_itself=isinstance(error, RostraError | BaseExceptionGroup)), reverse=True
    ):
        step = steps[place]
        shown = TracebackType(shown, step.tb_frame, step.tb_lasti, step.tb_lineno)
    if shown is not None:
        error.__traceback__ = shown
    for each in error.exceptions if isinstance(error, BaseExceptionGroup) else ():
        leave_out_ours(each)


def _steps(trace: TracebackType | None) -> Iterator[TracebackType]:
    while trace is not None:
        yield trace
        trace = trace.tb_next


def _telling(files: Sequence[str], *, says_itself: bool) -> set[int]:
    """The places of the frames that are shown.

    Args:
        files: Of the frames, outermost first.
        says_itself: What was raised needs no frame of rostra's to be understood: an error of rostra's, or a group, of which each has its own.
    """
    parts = part_folders()
    ours = {place for place, file in enumerate(files) if is_ours(file) or file.startswith(parts)}
    others = (place for place, file in enumerate(files) if place not in ours and not is_pythons(file))
    last = len(files) if says_itself else max(others, default=-1)
    return {place for place in range(beginning(files), len(files)) if place > last or place not in ours}
