"""How would something be built, and why so?"""

import inspect
from collections.abc import Iterator
from typing import Any

from rostra.components import name_of
from rostra.di.annotations import read
from rostra.di.answering import Answer
from rostra.di.compiling import places_of, program_of
from rostra.di.drawing import would_do
from rostra.di.plans import Argument, Build, Collect, Constant, Given, Load, Node, Postponed, StageObject
from rostra.di.recipes import Recipe, Ways, checked
from rostra.di.registry import here
from rostra.di.signatures import Signature, signature
from rostra.di.views import view_from
from rostra.errors import RostraError


def explain(target: Any, /, *, source: bool = False, **given: Any) -> str:
    """How ``target`` would be built here: each parameter with its source, drawn as a tree.

    Nothing is built. What cannot be built is explained by the text of the error.

    Args:
        target: As for ``nject``; or a function, as for ``call``.
        source: Show instead the function that rostra runs for it from the second time on; where there is none, because
            objects of the stage are still to be made or something is made lazily, it says so.
        given: As for ``nject``.
    """
    try:
        view = view_from(here(), {name: type(value) for name, value in given.items()})
        asked = signature(target) if inspect.isroutine(target) else (read(target),)
        answer = checked(view, asked)
    except RostraError as error:
        return str(error)
    if source:
        return _text_of(answer, tuple(given))
    tree, function = _Tree(answer), answer.function
    if function is None:
        lines = list(tree.lines("", answer.plan.roots[0], 0))
    else:
        lines = [(function.label, function.place), *tree.arguments(function, answer.arguments, 1)]
    width = max(len(line) for line, _ in lines)
    return "\n".join(f"{line:<{width}}   {source}".rstrip() for line, source in lines)


def _text_of(answer: Answer, given: tuple[str, ...]) -> str:
    program = program_of(Recipe(answer, is_final=False), given, Ways())
    if program is None or places_of(program, here().look()) is None:
        return f"{answer.wanted} is interpreted: something is made lazily, or an object of the stage is not there yet"
    return program.text


class _Tree:
    """The tree of one plan, line by line, each with its source."""

    def __init__(self, answer: Answer) -> None:
        self._plan = answer.plan
        self._view = answer.view
        self._shown: set[Node] = set()

    def lines(self, parameter: str, node: Node, depth: int) -> Iterator[tuple[str, str]]:
        """The lines of ``node`` and of what it is made of."""
        branch = "  " * (depth - 1) + "└ " if depth else ""
        named = f"{parameter} = " if parameter else ""
        what, source = self._described(node)
        if node in self._shown:
            yield f"{branch}{named}{what}", f"{source}, shown above"
            return
        yield f"{branch}{named}{what}", source
        if isinstance(node, Build | StageObject):
            self._shown.add(node)
        for failure in self._plan.passed_over.get(node, ()):
            yield f"{'  ' * depth}  rather than", would_do(failure)
        yield from self._inside(node, depth + 1)

    def _inside(self, node: Node, depth: int) -> Iterator[tuple[str, str]]:
        match node:
            case StageObject():
                yield from self.arguments(node.build.offer.signature, node.build.arguments, depth)
            case Build():
                yield from self.arguments(node.offer.signature, node.arguments, depth)
            case Collect():
                for each in node.nodes:
                    yield from self.lines("", each, depth)
            case Postponed():
                yield from self.lines("", self._plan.lazies[node.key], depth)
            case _:
                return

    def arguments(
        self, function: Signature, arguments: tuple[Argument, ...], depth: int
    ) -> Iterator[tuple[str, str]]:
        """The lines of the parameters of a function."""
        filled = {argument.parameter.name: argument.node for argument in arguments}
        for parameter in function.parameters:
            if parameter.name in filled:
                yield from self.lines(parameter.name, filled[parameter.name], depth)
            else:
                yield f"{'  ' * (depth - 1)}└ {parameter.name} = its default", f"nothing gives {parameter}"

    def _described(self, node: Node) -> tuple[str, str]:
        match node:
            case Given():
                return node.name, "given by name" if node.is_by_name else "given, by its type"
            case Load():
                return self._component(node)
            case Build():
                return node.offer.adapter.label, _source(node)
            case StageObject():
                return node.build.offer.adapter.label, _source(node.build)
            case Collect():
                return f"a list of {len(node.nodes)}", ""
            case Postponed():
                return "made on first use:", ""
            case Constant():
                return repr(node.value) if node.value is None else name_of(type(node.value)), _constant(node)
            case _:
                raise AssertionError(node)

    def _component(self, node: Load) -> tuple[str, str]:
        named = f' "{node.name}"' if node.name else ""
        view = self._view.stage if node.is_stage and self._view.stage is not None else self._view
        label = next(layer.label for _, layer in view.layers() if node.name in layer.own(node.key))
        return f"the {name_of(node.key)}{named}", f"in the {label} layer"


def _source(node: Build) -> str:
    adapter = node.offer.adapter
    return adapter.place if adapter.lifetime == "call" else f"{adapter.place}, one per {adapter.lifetime}"


def _constant(node: Constant) -> str:
    return "nothing gives it" if node.value is None else "stands in for it"
