"""What can go wrong with resolvers of secrets. What their own exceptions say is never told: it may hold the secret."""

from rostra.errors.base import RostraError, Wording


class ResolverError(RostraError, RuntimeError):
    """A resolver could not be imported or opened, failed, gave no text, or could not be closed.

    Args:
        resolver: Its name, ``op`` of ``${op:reference}``.
        asked: Who needs it: pairs of a setting with its origin, and of the reference in it.
        reasons: Types of exceptions with the lines that raised them, and system errors by their number; nothing
            that an exception itself says.
    """

    resolver: str
    asked: tuple[tuple[str, str], ...]
    reasons: tuple[str, ...]

    def wording(self) -> Wording:
        """Who asked for what, and how to ask it alone."""
        return Wording(f"the resolver {self.resolver} failed", self._where(), self.reasons, self._alone())

    def _where(self) -> tuple[str, ...]:
        return tuple(f"{who} asks for {reference}" if who else reference for who, reference in self.asked)

    def _alone(self) -> tuple[str, ...]:
        from shlex import quote

        references = dict.fromkeys(reference[2:-1] for _, reference in self.asked)
        return tuple(f"ask it alone: rostra secret get {quote(each)}" for each in list(references)[:1])


class ResolverDeniedError(ResolverError, PermissionError):
    """A resolver was not allowed to read what it was asked for: it raised a ``PermissionError``."""

    def wording(self) -> Wording:
        """Who asked for what."""
        fix = ("see what the account that it uses may read", *self._alone())
        return Wording(f"the resolver {self.resolver} was denied", self._where(), self.reasons, fix)


class ResolverTimeoutError(ResolverError, TimeoutError):
    """A resolver did not answer in time; the resolvers have one deadline together."""

    def wording(self) -> Wording:
        """Who waited for what."""
        fix = ("see that its server can be reached from here", *self._alone())
        return Wording(f"the resolver {self.resolver} did not answer", self._where(), self.reasons, fix)
