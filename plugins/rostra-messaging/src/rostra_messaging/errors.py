"""What can go wrong with messages, and how a handler says what is to become of one.

::

    RostraError
    ├─ PublishError (ConnectionError)        a message is not known to be stored
    ├─ SubscriptionError (RuntimeError)      a queue cannot be had as asked
    ├─ BrokerNotFoundError (LookupError)     there is no broker of that name, or nothing that speaks that URL
    ├─ EnvelopeNotFoundError (LookupError)   there is no envelope of that name
    ├─ NotReplayedError (RuntimeError)       dead messages are still dead
    ├─ NoReplyError (TimeoutError)           nobody answered a request
    └─ UndecodableError (ValueError)         the bytes of a message are not what its envelope reads

``Reject`` and ``RetryLater`` are no errors: a handler raises them to say what it wants.
"""

from typing import Literal

from rostra.errors import RostraError, Wording, closest


class PublishError(RostraError, ConnectionError):
    """A message is not known to be stored.

    Args:
        topic: Of the message, without the prefix.
        broker: Its name among those of the stage.
        reason: What the broker said, or did not say in time.
        is_stored: ``"no"``, so that publishing again makes no duplicate; or ``"perhaps"``.
        fix: What to do, if more is known than that.
    """

    topic: str
    broker: str
    reason: str
    is_stored: Literal["no", "perhaps"] = "no"
    fix: tuple[str, ...] = ()

    def wording(self) -> Wording:
        """Which message, where it should have gone, and whether it may have arrived."""
        stored = "was not stored" if self.is_stored == "no" else "may or may not be stored"
        again = (
            "publish it again when the broker can take it"
            if self.is_stored == "no"
            else "publish it again if a duplicate does no harm"
        )
        return Wording(
            f"a message on {self.topic} {stored}",
            where=(f"broker {self.broker}",),
            why=(self.reason,),
            fix=self.fix or (again,),
        )


class SubscriptionError(RostraError, RuntimeError):
    """A queue cannot be had as it was asked for, and waiting does not mend that.

    Args:
        queue: What people call it.
        broker: Its name among those of the stage.
        reason: What the broker says.
        where: Who subscribes.
        fix: What to do.
    """

    queue: str
    broker: str
    reason: str
    where: tuple[str, ...] = ()
    fix: tuple[str, ...] = ()

    def wording(self) -> Wording:
        """Which queue, who wants it, why it cannot be had, and what to do."""
        return Wording(
            f"the queue {self.queue} cannot be consumed",
            where=(f"broker {self.broker}", *self.where),
            why=(self.reason,),
            fix=self.fix,
        )


class BrokerNotFoundError(RostraError, LookupError):
    """There is no broker of that name, or nothing that speaks such URLs.

    Args:
        what: Which one is missing.
        where: Who asks for it.
        why: What there is.
        fix: What to install or to set.
    """

    what: str
    where: tuple[str, ...] = ()
    why: tuple[str, ...] = ()
    fix: tuple[str, ...] = ()

    def wording(self) -> Wording:
        """Which one, who asks, and what there is instead."""
        return Wording(self.what, self.where, self.why, self.fix)


class EnvelopeNotFoundError(RostraError, LookupError):
    """There is no envelope of that name.

    Args:
        name: Of the envelope that was asked for.
        known: The names of those there are.
        where: Who asks for it.
    """

    name: str
    known: tuple[str, ...] = ()
    where: tuple[str, ...] = ()

    def wording(self) -> Wording:
        """Which one, who asks, and what there is instead."""
        near = closest(self.name, self.known)
        fix = (
            f"did you mean {near}?"
            if near
            else "install the distribution that brings it, or name one of these"
        )
        return Wording(
            f'there is no envelope "{self.name}"',
            self.where,
            (f"there are {', '.join(self.known) or 'none'}",),
            (fix,),
        )


class NotReplayedError(RostraError, RuntimeError):
    """Of the dead messages of a queue some were not put back.

    Args:
        queue: In whose dead queue they were.
        dead: How many there were.
        replayed: How many of them are back in their queue.
        left: How many there are now; some may have died again meanwhile.
    """

    queue: str
    dead: int
    replayed: int
    left: int

    def wording(self) -> Wording:
        """How many, why that may be, and what to do."""
        missing = self.dead - self.replayed
        was = "was" if missing == 1 else "were"
        if not self.left:
            why = ("none is dead any more: somebody else put them back or dropped them at the same time",)
            return Wording(
                f"{missing} of {self.dead} dead messages of {self.queue} {was} not put back by this",
                why=why,
                fix=("nothing, if that was meant",),
            )
        return Wording(
            f"{missing} of {self.dead} dead messages of {self.queue} {was} not put back",
            why=(
                "each goes back into the queue that it came from, and stays if that is no longer there",
                f"{self.left} {'is' if self.left == 1 else 'are'} dead now",
            ),
            fix=(
                "start the service that handles the queue, which makes it, and replay again",
                "that of a handler without a group went with its process: publish anew what rostra dead show shows",
            ),
        )


class NoReplyError(RostraError, TimeoutError):
    """Nobody answered a request.

    Args:
        topic: Of the request.
        reason: How long was waited, or why the handler gave up.
    """

    topic: str
    reason: str

    def wording(self) -> Wording:
        """Which request, and why nothing came."""
        return Wording(
            f"a request on {self.topic} was not answered",
            why=(self.reason,),
            fix=(
                "look at the log of the handler and at its dead queue",
                "or wait longer: request(..., deadline=60)",
            ),
        )


class UndecodableError(RostraError, ValueError):
    """The bytes of a message are not what its envelope reads.

    Args:
        reason: What is wrong, without any value of the message.
    """

    reason: str

    def wording(self) -> Wording:
        """What is wrong, and what to do."""
        return Wording(
            "a message cannot be decoded",
            why=(self.reason,),
            fix=("look at it: rostra dead show", "if it is written in another way, say so: envelope=..."),
        )


class Reject(Exception):  # noqa: N818  (it is no error: the handler decided so)
    """Raised by a handler: the message is dead at once, whatever the ladder says.

    Args:
        reason: Why, on one line; it stands in the dead queue.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class RetryLater(Exception):  # noqa: N818  (likewise)
    """Raised by a handler: the message comes again after so many seconds, whatever the ladder says.

    It counts as a try, so that it ends in the dead queue when there are no more of them.

    Args:
        seconds: At least; 0 is at once.
        reason: Why, on one line.
        counts: Whether it counts as a try. If not, it comes again as often as the handler likes, but never sooner than
            after a second.
    """

    seconds = 0.0
    reason = ""
    counts = True

    def __init__(self, seconds: float, reason: str = "", counts: bool = True) -> None:
        super().__init__(seconds, reason, counts)
        self.seconds = float(seconds)  # what is no number fails in the handler that says so
        self.reason = reason
        self.counts = counts

    def __str__(self) -> str:
        return self.reason or f"again in {self.seconds:g} s"
