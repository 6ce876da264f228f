"""Files that nobody would write in good faith: each is read or refused, in bounded time and memory."""

import os
import subprocess
import sys
import traceback
from pathlib import Path

import pytest

from rostra.config import ConfigError, ConfigSource
from rostra.config.formats import UnreadableError, is_dotenv, settings_in, variables_in

MIB = 1024**2
NAMES = ("x.toml", "x.yaml", "x.json", "x.ini", "x.env")
UNITS = (
    "[", "{", '{"a":', "[[", ",", '"', "'", "\n", "\r\n", "- ", "a.", "a=1\n", "9", "\\", '\\"', "#", "\t", "&a ", "*a ", "a: ",
    "? ", "|\n", "1,", "[[a]]\n", "[a]\n", " ", "ab cd ", "\n a", "!", "%", "\u2028", "<<: ", "a: {b: {", '"""', "'''x", "A='\n",
    "a=\n", '"a":1,', "- - ", "[a.b.c.d]\n", "\ufeff", "\x7f", "${",
)  # fmt: skip
BEGINNINGS = ("", "a = ", "a: ", '{"a": ', "a = [", "a: [", 'A="', "a = '''", "[a]\n", "a: |\n  ")
READ_ALL = """
import resource, sys
import yaml
resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))
resource.setrlimit(resource.RLIMIT_CPU, (240, 240))
if "PyYAML" in sys.argv:
    del yaml.CSafeLoader
from pathlib import Path
from rostra.config.formats import UnreadableError, is_dotenv, settings_in, variables_in
file, size = Path(sys.argv[1]), int(sys.argv[2])
read = refused = 0
for line in sys.stdin:
    beginning, unit = eval(line)
    file.write_text(beginning + unit * (size // len(unit.encode())), newline="")
    try:
        said = variables_in(file) if is_dotenv(file) else settings_in(file)[0][1]
        said.lines(("a",))
        read += 1
    except UnreadableError as error:
        assert error.mistakes and len(str(error)) < 20_000
        refused += 1
print(read + refused)
"""


def run(file: Path, size_bytes: int, *options: str) -> str:
    """Read every unit, repeated up to a size behind every beginning, in a process that may not grow beyond a GiB."""
    cases = "".join(f"{(beginning, unit)!r}\n" for beginning in BEGINNINGS for unit in UNITS)
    done = subprocess.run(
        [sys.executable, "-c", READ_ALL, file, str(size_bytes), *options],
        input=cases,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return done.stdout.strip() or done.stderr


@pytest.mark.parametrize(("name", "options"), [*((name, ()) for name in NAMES), ("x.yaml", ("PyYAML",))])
def test_whatever_is_repeated_is_read_or_refused_in_little_time_and_memory(
    tmp_path: Path, name: str, options: tuple[str, ...]
) -> None:
    outcome = run(tmp_path / name, MIB // (128 if options else 16), *options)

    assert outcome == str(len(BEGINNINGS) * len(UNITS))


@pytest.mark.parametrize("name", NAMES)
def test_a_file_of_seventeen_megabytes_is_refused_without_being_read_whole(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    with file.open("wb") as writer:
        writer.truncate(17 * MIB)

    with pytest.raises(UnreadableError) as caught:
        variables_in(file) if is_dotenv(file) else settings_in(file)

    assert [(each.setting, each.reason) for each in caught.value.mistakes] == [
        (str(file), "is larger than 16 MiB")
    ]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("end", [0, 1, 7, 20, 33, 47, 60])
def test_a_file_that_is_cut_off_is_read_or_refused(tmp_path: Path, name: str, end: int) -> None:
    texts = {
        "x.toml": b'a = "\xc3\xa9"\n[b]\nc = [1, 2, {d = """\nx"""}]\n[[e]]\nf = 1979-05-27\n',
        "x.yaml": b'a: "\xc3\xa9"\nb:\n  - &x {c: d}\n  - *x\n  - |\n    text\n  - {<<: *x, e: f}\n',
        "x.json": b'{"a": "\xc3\xa9", "b": {"c": [1, 2, {"d": "\\u00e9"}], "e": true}, "f": 1.5e3}\n',
        "x.ini": b"a = \xc3\xa9\n[b]\nc = d\n  e\n\n; f\n[b.g]\nh: i\nj = %(k)s\n[l]\nm = n\n",
        "x.env": b'A=\xc3\xa9\nexport B=\'c\nd\'\nE="f\\n\\"g"\n# h\nI=j # k\nL="m\nn"\n',
    }
    file = tmp_path / name
    file.write_bytes(texts[name][:end])

    try:
        variables_in(file) if is_dotenv(file) else settings_in(file)
    except UnreadableError as error:
        reasons = [each.reason for each in error.mistakes]
    else:
        return
    assert all(reasons)
    assert not any("c: d" in reason or "1979" in reason for reason in reasons)


PLANTED = "correct-horse"
HOLDING = {
    "x.toml": f'[db]\na = "{PLANTED}"\nb = ["""\n{PLANTED}"""]\n"{PLANTED}" = 1\n[db.c]\nd = {{e = 1}}\n',
    "x.yaml": f"db:\n  a: {PLANTED}\n  b: &x ['{PLANTED}']\n  c: *x\n  d: !!str {PLANTED}\n  {PLANTED}: 1\n",
    "x.json": f'{{"db": {{"a": "{PLANTED}", "b": ["{PLANTED}"], "{PLANTED}": 1}}, "c": 1.5}}\n',
    "x.ini": f"a = {PLANTED}\n[db]\nb: {PLANTED}\n  {PLANTED}\n{PLANTED} = 1\n",
    "x.env": f"A={PLANTED}\nB='{PLANTED}' # c\nexport C=\"{PLANTED}\\n\"\n",
}


def damage(file: Path, position: int, piece: str) -> None:
    """Write a file that holds what nobody may see, with something in place of one character."""
    text = HOLDING[file.name]
    file.write_text(text[:position] + piece + text[position + 1 :])


def told_of(file: Path) -> str:
    """What is shown of a file that cannot be read, with everything that stands in the frames."""
    try:
        ConfigSource.from_files(file)
    except ConfigError as error:
        return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    return ""


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("piece", ["", "\n", '"', "'", "!", "\\", "\t", "*", "a\nA=1\n[b]\n"])
def test_a_broken_file_never_shows_what_it_holds(tmp_path: Path, name: str, piece: str) -> None:
    told = []
    for position in range(0, len(HOLDING[name]), 3):
        damage(tmp_path / name, position, piece)
        told.append(told_of(tmp_path / name))

    assert [each for each in told if "horse" in each] == []
    assert any(told) or piece not in {"!", "\n"}


@pytest.mark.parametrize("name", NAMES)
def test_binary_data_is_refused(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_bytes(os.urandom(4096) + b"\xff")

    with pytest.raises(UnreadableError) as caught:
        variables_in(file) if is_dotenv(file) else settings_in(file)

    assert [each.reason for each in caught.value.mistakes] == ["holds binary data, not text in UTF-8"]
