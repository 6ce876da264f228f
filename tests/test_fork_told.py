"""Why no worker can start is told by the first of them, and by no other."""

import pytest
from command_line import ended, write

from rostra.fork.once import Once

SETTLED = """
from rostra import config

class Db(config.Config, section="db"):
    size: int

async def prepare(db: Db): ...
"""


class Teller:
    """Tells, with an exit code, and remembers that it did."""

    def __init__(self, code: int) -> None:
        self.code = code
        self.times = 0

    def __call__(self) -> int:
        self.times += 1
        return self.code


def test_the_same_is_told_once_and_who_comes_later_has_its_exit_code() -> None:
    once, first, later, other = Once(), Teller(2), Teller(1), Teller(1)

    codes = [once.told("no such shop", first), once.told("no such shop", later), once.told("no shelf", other)]

    assert codes == [2, 2, 1]
    assert (first.times, later.times, other.times) == (1, 0, 1)


def test_who_is_killed_while_it_tells_keeps_nobody_from_telling() -> None:
    once, other = Once(patience=0.01), Teller(1)

    assert once.told("no such shop", lambda: once.told("no such shop", other)) == 1
    assert other.times == 1


def test_however_much_is_told_it_stays_in_one_piece() -> None:
    once, tellers = Once(), [Teller(number % 3) for number in range(300)]

    codes = [once.told(f"reason {number}", tell) for number, tell in enumerate(tellers)]

    assert codes == [each.code for each in tellers]
    assert once.told("reason 299", Teller(9)) == tellers[299].code


@pytest.mark.parametrize(
    ("source", "said", "code"),
    [
        (
            "import nothing_of_this_name",
            "ModuleNotFoundError: No module named 'nothing_of_this_name'\nwhile",
            1,
        ),
        ("def prepare(): ...", "is no async function\n  where", 1),
        (SETTLED, "db.size   missing", 2),
    ],
)
def test_what_keeps_all_workers_from_starting_is_printed_once(tmp_path, source, said, code):
    write(tmp_path, "service.py", source)

    failed = ended(tmp_path, "run", "service.py", "--workers", "4")

    assert failed.returncode == code
    assert failed.stderr.count(said) == 1, failed.stderr
    assert "WorkerError: worker" in failed.stderr
