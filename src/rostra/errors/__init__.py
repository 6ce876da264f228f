"""What can go wrong, and what then?

Every error that rostra raises of its own accord is a ``RostraError`` and also the builtin that a caller would
catch for it. It says what went wrong, where, why, and how to fix it (see ``rostra.errors.base``).

::

    RostraError
    ├─ ComponentNotFoundError (LookupError)    nothing of that type in the context
    ├─ NoContextError (LookupError)            neither a stage nor a layer here
    └─ NotAComponentError (TypeError)          a class instead of an instance
"""

from rostra.errors.base import RostraError, Wording, closest
from rostra.errors.components import ComponentNotFoundError, NoContextError, NotAComponentError

__all__ = [
    "ComponentNotFoundError",
    "NoContextError",
    "NotAComponentError",
    "RostraError",
    "Wording",
    "closest",
]
