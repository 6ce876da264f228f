"""What a resolver of secrets gives to those who ask it."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

Resolve: TypeAlias = Callable[[str], Awaitable[str]]
"""Gives the text that stands at a reference, ``shop/db/password`` of ``${op:shop/db/password}``.

It is called for several references at once, and once for each. It raises ``LookupError`` if nothing stands there, which
is a mistake in the settings unless they have a default; ``PermissionError`` if it may not read it. Anything else means
that it failed. Of what it raises, only the type and the line are told, so that it need not fear to say too much. It
may be cancelled at any time.
"""
