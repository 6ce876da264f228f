"""Which member of a union is a value? The first that fits, of those that it says it may be.

How members are told apart, and which one was meant by a value that fits none, is ``unions``'s, imported when there is something
to tell.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

Hook: TypeAlias = Callable[[Any, Any], Any]


def one_of(
    hooks: Sequence[tuple[Any, Hook]],
    *,
    is_optional: bool,
    of_texts: bool,
    weigh: Callable[[Exception], int],
) -> Hook:
    """How a value of a union is read. If no member fits, the faults of the one that was meant are those of the union.

    Args:
        hooks: What reads each member, in the order in which they are tried.
        is_optional: Whether it may be None, too.
        of_texts: Whether values are of forms, where objects say nothing of themselves.
        weigh: How many faults an error has.
    """
    members = [member for member, _ in hooks]
    is_choice = len(hooks) > 1 and not of_texts

    @functools.cache
    def apart() -> Any:
        from rostra.documents.unions import Apart

        return Apart(members)

    def structure(value: Any, _: Any) -> Any:
        if value is None and is_optional:
            return None
        others = apart().others(value) if is_choice and isinstance(value, Mapping) else {}
        errors: list[Exception] = []
        for place, (member, hook) in enumerate(hooks):
            if place in others:
                errors.append(others[place])
                continue
            try:
                return hook(value, member)
            except Exception as error:  # noqa: BLE001  (raised below if no other member fits)
                errors.append(error)
        from rostra.documents.unions import Refusal, meant

        raise meant(value, [*map(Refusal, members, errors)], weigh)

    return structure
