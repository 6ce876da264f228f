"""What can go wrong when rostra is used in tests."""

from rostra.errors.base import RostraError, Wording


class PytestMarkError(RostraError, TypeError):
    """The mark ``rostra_plugins`` does not say what was meant.

    Args:
        mark: The mark as it was written.
        test: What it was meant for.
        reason: What is wrong with it.
        instead: The mark as it should be written.
    """

    mark: str
    test: str
    reason: str
    instead: str

    def wording(self) -> Wording:
        """The mark as it stands and as it should stand."""
        return Wording(
            f"@pytest.mark.{self.mark} does not give {self.test} its plugins",
            why=(self.reason,),
            fix=(f"@pytest.mark.{self.instead}",),
        )


class AsyncioMissingError(RostraError, RuntimeError):
    """A test asks for a stage, and nothing gives tests an event loop.

    Args:
        test: The test's name.
    """

    test: str

    def wording(self) -> Wording:
        """What is missing and how to get it."""
        return Wording(
            f"{self.test} asks for a stage, which needs pytest-asyncio",
            why=(
                "a stage lives in an event loop, and pytest-asyncio gives tests theirs",
                "it is not installed, or switched off by `-p no:asyncio`",
            ),
            fix=('pip install "pytest-asyncio>=1.5"',),
        )


class ContractError(RostraError, AssertionError):
    """A plugin breaks what every plugin promises.

    Args:
        plugin: Its name.
        breaches: One line each: in which step, and what was found.
    """

    plugin: str
    breaches: tuple[str, ...]

    def wording(self) -> Wording:
        """All breaches together."""
        count = len(self.breaches)
        breaks = "the plugin contract" if count == 1 else f"the plugin contract in {count} places"
        return Wording(
            f"{self.plugin} breaks {breaks}",
            body=self.breaches,
            why=("a plugin loads alone, can be cancelled at every step, and puts away all that it opened",),
            fix=("open things by `await teardown.enter(...)`, or as adapters that yield",),
        )
