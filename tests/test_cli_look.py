"""What commands print: the same on a terminal, where it has colours and fits, and in a pipe, where it is plain text."""

import io
import os
import sys
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st
from terminal import shown

from rostra.cli.look import Node, good, look, name, origin, quiet, wrong

TREE = Node(
    name("orders"),
    (
        Node(("loads ", name("orders.storage")), (Node(quiet("2 ms")), Node("database"))),
        Node((wrong("broken"), "  ", origin("orders.py:3"))),
    ),
)
PROGRAM = """
    import sys
    from rostra.cli.look import Node, look, name, origin, quiet, wrong

    paper = look(color="--no-color" not in sys.argv)
    paper.tree(Node(name("orders"), (Node(("loads ", name("storage"))), Node(wrong("broken " * 20)))))
    paper.table(["setting", "value"], [(name("db.url"), origin("x" * 90)), ("db.size", quiet("3"))])
    paper.line("all ", name("done"))
    paper.lines(["y" * 100])
"""


def written(write) -> str:
    stream = io.StringIO()
    write(look(stream=stream))
    return stream.getvalue()


def on_terminal(tmp_path, columns: int, *arguments: str, program: str = PROGRAM, **environ: str):
    file = tmp_path / "program.py"
    file.write_text(textwrap.dedent(program))
    surroundings = {key: value for key, value in os.environ.items() if key not in {"NO_COLOR", "COLUMNS"}}
    return shown(
        [sys.executable, file, *arguments], tmp_path, columns, {**surroundings, "TERM": "xterm", **environ}
    )


def test_a_tree_in_a_pipe_is_drawn_with_lines():
    assert written(lambda paper: paper.tree(TREE)) == (
        "orders\n├── loads orders.storage\n│   ├── 2 ms\n│   └── database\n└── broken  orders.py:3\n"
    )


def test_the_columns_of_a_table_in_a_pipe_are_aligned_and_nothing_is_cut():
    rows = [(name("db.url"), quiet("x" * 100)), ("db", good("語"))]

    assert written(lambda paper: paper.table(["setting", "value"], rows)) == (
        f"setting   value\ndb.url    {'x' * 100}\ndb        語\n"
    )


def test_a_table_without_rows_is_its_head():
    assert written(lambda paper: paper.table(["setting", "value"], [])) == "setting   value\n"


def test_what_a_terminal_would_obey_is_written_out():
    assert written(lambda paper: paper.line("a\x1b[2J\nb", name("\x9b\u2028"))) == (
        "a\\x1b[2J\\nb\\x9b\\u2028\n"
    )


@given(st.text())
def test_a_line_stays_one_line_whatever_is_in_it(text):
    assert len(written(lambda paper: paper.line(text)).splitlines()) == 1


@pytest.mark.parametrize("columns", [80, 140])
def test_on_a_terminal_there_are_colours_and_nothing_is_wider_than_it(tmp_path, columns):
    seen = on_terminal(tmp_path, columns)

    assert seen.has_colours
    assert max(map(len, seen.text.splitlines())) <= columns
    assert seen.text.count("broken") == 20
    assert seen.text.count("x") == 90
    assert seen.text.count("y") == 100


def test_on_a_terminal_the_first_column_of_a_table_is_not_broken_while_there_is_room(tmp_path):
    program = """
        from rostra.cli.look import look

        rows = [("APP_HTTP_CLIENT_CONNECT_TIMEOUT", "a duration such as 1m30s " * 3, "required", "by FILE " * 4)]
        look().table(["variable", "type", "default", "set"], rows)
    """

    seen = on_terminal(tmp_path, 80, program=program)

    assert "APP_HTTP_CLIENT_CONNECT_TIMEOUT   a duration" in seen.text
    assert max(map(len, seen.text.splitlines())) <= 80
    assert seen.text.count("FILE") == 4


def test_on_a_terminal_what_is_laid_out_goes_on_below_its_last_column(tmp_path):
    program = """
        from rostra.cli.look import look, name

        look().lines([("  ", name("to fix"), "  " + "give it by its name " * 5), "  " + "z" * 100, ""])
    """

    seen = on_terminal(tmp_path, 60, program=program)

    assert seen.text == (
        "  to fix  give it by its name give it by its name give it by\n"
        "          its name give it by its name give it by its name\n"
        f"  {'z' * 58}\n  {'z' * 42}\n\n"
    )


@pytest.mark.parametrize(("argument", "environ"), [(("--no-color",), {}), ((), {"NO_COLOR": "1"})])
def test_colours_can_be_refused(tmp_path, argument, environ):
    plain, coloured = on_terminal(tmp_path, 80, *argument, **environ), on_terminal(tmp_path, 80)

    assert not plain.has_colours
    assert plain.raw == coloured.text


def test_where_only_ascii_can_be_written_a_tree_has_lines_of_that():
    bytes_written = io.BytesIO()
    stream = io.TextIOWrapper(bytes_written, encoding="ascii")

    look(stream=stream).tree(Node("a → b", (Node("c", (Node("d"),)), Node("e"))))
    stream.flush()

    assert bytes_written.getvalue() == b"a \\u2192 b\n|-- c\n|   `-- d\n`-- e\n"


def test_a_dumb_terminal_gets_what_a_pipe_gets(tmp_path):
    dumb = on_terminal(tmp_path, 80, TERM="dumb")

    assert not dumb.has_colours
    assert f"db.url    {'x' * 90}\n" in dumb.text


def test_without_rich_a_terminal_gets_what_a_pipe_gets(tmp_path):
    (tmp_path / "rich.py").write_text("raise ImportError('not installed')\n")

    without = on_terminal(tmp_path, 80)

    assert without.raw == on_terminal(tmp_path, 80, TERM="dumb").raw
