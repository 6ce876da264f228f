"""What a worker that accepts connections from the same sockets as others has to know."""

from collections.abc import Callable

from rostra.fork import Balance
from rostra.values import Values


class Share(Values):
    """The part that this worker has of all connections.

    Args:
        balance: What the workers know of each other.
        here: How many there are here.
    """

    balance: Balance
    here: Callable[[], int]
