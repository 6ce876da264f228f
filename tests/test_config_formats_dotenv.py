"""Variables in files: what a line means, which lines mean nothing, and where those stand."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rostra.config.formats import Said, UnreadableError, is_dotenv, variables_in
from rostra.config.formats.dotenv_format import variables
from rostra.config.tree import Text

NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)


def said_by(text: str) -> Said:
    return variables(text, ".env")


def mistakes_in(text: str) -> list[str]:
    with pytest.raises(UnreadableError) as caught:
        said_by(text)
    return [f"{each.setting} {each.reason}" for each in caught.value.mistakes]


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("A=b", "b"),
        ("A=", ""),
        ("  export  A = b c \t", "b c"),
        ("export=x", None),
        ("A=b # a comment", "b"),
        ("A=b#no-comment", "b#no-comment"),
        ("A=#no-comment", "#no-comment"),
        ("A= # a comment", ""),
        ("A=it's", "it's"),
        ("A='$B ${C} \\n # \"'  # a comment", '$B ${C} \\n # "'),
        (r'A="a\n\t\"\\n$B" # a comment', 'a\n\t"\\n$B'),
        ('A="a\n b # c\nd"', "a\n b # c\nd"),
        ("A='a\nb'", "a\nb"),
        ("A=${B}", "${B}"),
        ("A=b=c", "b=c"),
        ("A=\u00e9\u2028\x0c1", "\u00e9\u2028\x0c1"),
    ],
)
def test_a_line_sets_a_variable(line: str, value: str | None) -> None:
    said = said_by(f"# first\n\n{line}\nLAST=1\n")

    expected = {"export": "x"} if value is None else {"A": value}
    assert said.values == {**expected, "LAST": "1"}
    assert all(type(each) is Text for each in said.values.values())
    assert said.lines((next(iter(expected)),)) == 3


def test_a_variable_that_is_set_twice_is_what_the_later_line_says() -> None:
    said = said_by("A=1\nB=2\nA=3\n")

    assert said.values == {"A": "3", "B": "2"}
    assert said.lines(("A",)) == 3


def test_newlines_may_be_those_of_dos() -> None:
    said = said_by('A=1\r\nB="2\r\n3"\r\nC=4\r\n')

    assert said.values == {"A": "1", "B": "2\n3", "C": "4"}
    assert said.lines(("C",)) == 4


def test_every_line_that_is_malformed_is_told_without_what_it_holds() -> None:
    text = 'hunter2\nA-B=hunter2\n=hunter2\nOK=1\nC="hunter2" x\nD="hunter\\2"\n1A=hunter2\nE=\'hunter2\nF=hunter2'

    assert mistakes_in(text) == [
        ".env:1 expected NAME=value",
        ".env:2 expected NAME=value",
        ".env:3 expected NAME=value",
        ".env:5 something stands behind the closing quote",
        r""".env:6 in double quotes a backslash begins \n, \t, \" or \\ only""",
        ".env:7 expected NAME=value",
        ".env:8 a quote that begins here has no end",
    ]


@given(st.dictionaries(NAMES, st.text(st.characters(exclude_characters="\r\0", exclude_categories=["Cs"]))))
def test_what_is_written_in_double_quotes_is_read_as_it_was(settings: dict[str, str]) -> None:
    quoted = {name: text.replace("\\", "\\\\").replace('"', '\\"') for name, text in settings.items()}

    said = said_by("".join(f'{name}="{text}"\n' for name, text in quoted.items()))

    assert said.values == settings


@given(st.text(st.sampled_from("AB= \n\t'\"#\\n\r\0$é")))
def test_any_text_is_read_or_refused_on_lines_that_it_has(text: str) -> None:
    try:
        said_by(text)
    except UnreadableError as error:
        if "\0" in text:
            return
        numbers = [int(each.setting.removeprefix(".env:")) for each in error.mistakes]
        assert numbers == sorted(set(numbers))
        assert 1 <= numbers[0] <= numbers[-1] <= text.count("\n") + 1


@pytest.mark.parametrize("name", [".env", ".env.local", "prod.env", "conf/.env"])
def test_a_file_of_variables_is_known_by_its_name(name: str) -> None:
    assert is_dotenv(name)
    assert is_dotenv(Path(name))


@pytest.mark.parametrize("name", ["env", "my.env.toml", "environment", ".environment", ".env/x"])
def test_other_files_are_none_of_variables(name: str) -> None:
    assert not is_dotenv(name)


def test_a_file_is_read_from_the_disk(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes(b"\xef\xbb\xbfAPP_PORT=80\n")

    assert variables_in(file).values == {"APP_PORT": "80"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"\xff\xfe", "holds binary data, not text in UTF-8"),
        (b"A=\0", "holds binary data, not text"),
    ],
)
def test_a_file_that_is_none_is_told(tmp_path: Path, content: bytes | None, reason: str) -> None:
    file = tmp_path / ".env"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(UnreadableError) as caught:
        variables_in(file)

    assert [(each.setting, each.reason) for each in caught.value.mistakes] == [(str(file), reason)]
