"""The pictures of a stage are ones that their programs accept, whatever the parts are called."""

import html
import re
import shutil
import subprocess

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rostra.cli.charts.chart import (
    AdapterPart,
    Chart,
    ComponentPart,
    HandlerPart,
    Input,
    PluginPart,
    SectionPart,
)
from rostra.cli.charts.dot import dot
from rostra.cli.charts.mermaid import mermaid

NASTY = [
    'say "hi" <b>&amp; #35; `code` %%{init}%% end',
    "Store[dict[str, list[int]]] | None",
    "1. one",
    "- two",
    "back\\slash \\N \\",
    "{a} (b) [c]",
    "**bold** _it_ _private",
    "a --> b; c",
    "end",
    "@{ shape: x }",
    "日本語",
    "\x1b[31m\n\t",
    "",
]
DOT_TOKEN = re.compile(r'\s+|"(?:[^"\\\n]|\\.)*"|->|[\w.]+|[{}\[\]=;,]')
MERMAID_BOX = re.compile(
    r"n\d+(?:\[\[(?P<a>TEXT)\]\]|\[/(?P<b>TEXT)/\]|\((?P<c>TEXT)\)|\[(?P<d>TEXT)\]"
    r"|\(\[(?P<e>TEXT)\]\)|\{\{(?P<f>TEXT)\}\}|>(?P<g>TEXT)\])".replace(
        "TEXT", '"[^"`<>%;\\\\]*(?:(?:<br/>|#\\d+;)[^"`<>%;\\\\]*)*"'
    )
)
MERMAID_ARROW = re.compile(r'n\d+ -- (?P<label>"[^"]*") --> n\d+')


def chart_of(names: list[str]) -> Chart:
    """A chart in which everything is called by these names: a handler takes an adapter, that takes a section."""
    plugins = [
        PluginPart(id=f"plugin:{name}", plugin=f"plugin:{names[0]}" if number else None, place="", name=name,
                   state="failed" if number % 2 else "prepared", seconds=0.0, own_seconds=0.0)
        for number, name in enumerate(names)
    ]  # fmt: skip
    owner = plugins[-1].id
    return Chart(
        tuple(plugins),
        tuple(SectionPart(id=f"section:{name}", plugin=None, name=name, type=name) for name in names),
        tuple(ComponentPart(id=f"component:{name}", plugin=owner, type=name, name=name) for name in names),
        tuple(
            AdapterPart(id=f"adapter:{name}", plugin=owner, place="", label=name, type=name, name=name, lifetime="call",
                        eager=False, parameters=(Input(name, name, "section", (f"section:{name}",)),))
            for name in names
        ),
        tuple(
            HandlerPart(id=f"handler:{name}", plugin=owner, place="", label=name, trigger=name, transport="t",
                        parameters=(Input(name, name, "adapter", (f"adapter:{name}",)),))
            for name in names
        ),
        (),
        (),
    )  # fmt: skip


names = st.lists(st.text(max_size=12) | st.sampled_from(NASTY), min_size=1, max_size=4, unique=True)


@attrs.define
class Dot:
    """Reads the part of the language of graphviz that matters here.

    graph = "digraph" ID "{" statement* "}"; statement = ("subgraph" ID "{" statement* "}" | ID "=" ID | ID attributes? |
    ID "->" ID attributes?) ";"?; attributes = "[" (ID "=" ID ","?)* "]"
    """

    tokens: list[str]
    nodes: list[str] = attrs.field(factory=list)
    arrows: list[tuple[str, str]] = attrs.field(factory=list)

    def take(self, *wanted: str) -> str:
        token = self.tokens.pop(0)
        assert not wanted or token in wanted, (token, wanted)
        return token

    def name(self) -> str:
        token = self.take()
        assert token[0] == '"' or re.fullmatch(r"[A-Za-z_]\w*|\d+(\.\d+)?", token), token
        return token

    def graph(self) -> "Dot":
        self.take("digraph")
        self.name()
        self.statements()
        assert not self.tokens
        return self

    def statements(self) -> None:
        self.take("{")
        while self.tokens[0] != "}":
            self.statement()
            if self.tokens[0] == ";":
                self.take()
        self.take("}")

    def statement(self) -> None:
        if self.tokens[0] == "subgraph":
            self.take()
            self.name()
            self.statements()
            return
        name = self.name()
        if self.tokens[0] == "=":
            self.take()
            self.name()
        elif self.tokens[0] == "->":
            self.take()
            self.arrows.append((name, self.name()))
            self.attributes()
        else:
            self.attributes()
            if name not in {"node", "edge"}:
                self.nodes.append(name)

    def attributes(self) -> None:
        self.take("[")
        while self.tokens[0] != "]":
            self.name()
            self.take("=")
            self.name()
            if self.tokens[0] == ",":
                self.take()
        self.take("]")


def read_dot(text: str) -> Dot:
    tokens, place = [], 0
    while place < len(text):
        found = DOT_TOKEN.match(text, place)
        assert found, text[place : place + 40]
        place = found.end()
        if found[0].strip():
            tokens.append(found[0])
    return Dot(tokens).graph()


def read_mermaid(text: str) -> tuple[list[str], int]:
    """The labels of the boxes as a reader sees them, and how many arrows there are; each line is one of those known."""
    first, *lines = text.splitlines()
    assert first == "flowchart LR"
    labels, arrows, depth = [], 0, 0
    for line in map(str.strip, lines):
        if box := MERMAID_BOX.fullmatch(line):
            labels.append(next(label for label in box.groups() if label is not None)[1:-1])
        elif MERMAID_ARROW.fullmatch(line):
            arrows += 1
        elif re.fullmatch(r'subgraph p\d+\["[^"]*"\]', line):
            depth += 1
        elif line == "end":
            depth -= 1
        else:
            assert re.fullmatch(r"classDef wrong [\w:#,-]+|class n\d+(,n\d+)* wrong", line), line
    assert depth == 0
    return [shown(label) for label in labels], arrows


def shown(label: str) -> str:
    return html.unescape(re.sub(r"#(\d+);", r"&#\1;", label)).replace("<br/>", "\n")


@given(names)
def test_graphviz_can_read_what_is_written_for_it(called):
    chart = chart_of(called)

    found = read_dot(dot(chart))

    assert len(found.nodes) == len(set(found.nodes)) == len(list(chart.parts()))
    assert {each for arrow in found.arrows for each in arrow} <= set(found.nodes)
    assert len(found.arrows) == 3 * len(called) - 1


@given(names)
def test_mermaid_can_read_what_is_written_for_it(called):
    chart = chart_of(called)

    labels, arrows = read_mermaid(mermaid(chart))

    assert len(labels) == len(list(chart.parts()))
    assert arrows == 3 * len(called) - 1


def test_mermaid_shows_names_as_they_are():
    name = 'Store["a" <b> #1; `x` {y} [z] (w)] _it_ **bold**'

    labels, _ = read_mermaid(mermaid(chart_of([name])))

    assert labels[0] == f"plugin {name}"
    assert f"[{name}]\n{name}" in labels


def test_names_that_differ_in_a_control_character_are_two_nodes():
    found = read_dot(dot(chart_of(["\x1e", "\x1f", r"\x1f"])))

    assert len(set(found.nodes)) == len(found.nodes) == 15


def test_graphviz_shows_backslashes_and_quotes_as_they_are():
    assert r'label="plugin a\\N\"b\""' in dot(chart_of(['a\\N"b"']))


@pytest.mark.skipif(shutil.which("dot") is None, reason="graphviz is not installed")
def test_graphviz_itself_draws_it():
    drawn = subprocess.run(
        ["dot", "-Tsvg"], input=dot(chart_of(NASTY)), capture_output=True, text=True, check=False, timeout=60
    )

    assert (drawn.returncode, drawn.stderr) == (0, "")
    assert drawn.stdout.count('class="node"') == 5 * len(NASTY)
