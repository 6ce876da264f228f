"""What is public: it stands in ``__all__``, is described, and others use nothing else."""

import ast
import inspect
import subprocess
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import ParamSpec, TypeVar, TypeVarTuple

import house
import pytest

HEAVY = {
    "aiohttp", "cattrs", "click", "difflib", "email", "html", "http", "importlib.metadata", "logging.config",
    "msgspec", "multiprocessing", "pytest", "rich", "tomllib", "unittest", "urllib.request", "uvloop", "yaml",
}  # fmt: skip
NO_NAMES = (ModuleType, TypeVar, ParamSpec, TypeVarTuple)


@pytest.mark.parametrize("door", house.front_doors())
def test_what_a_front_door_makes_and_imports_from_its_own_room_is_its_all(door: str) -> None:
    module = house.front_door(door)
    offered = {name for name in offers(door) if not isinstance(getattr(module, name, None), NO_NAMES)}

    listed = set(house.public_names(door))

    assert offered - listed == set()
    assert {name for name in listed if not hasattr(module, name)} == set()
    assert {name for name in listed if name.startswith("_")} == set()


def offers(door: str) -> Iterator[str]:
    """The names that a front door makes, or imports from its own room without using them itself.

    Not those that it makes for the stage, which finds them: ``prepare``, adapters and handlers.
    """
    module = house.modules()[door]
    loaded = {
        node.id
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }
    functions = [
        node for node in module.tree.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]
    is_plugin = "prepare" in {function.name for function in functions}
    for_the_stage = {
        each.name for each in functions if is_plugin and (each.decorator_list or each.name == "prepare")
    }
    for name, origin in house.bindings(module):
        is_own = f"{origin}.".startswith(f"{door}.") and name not in loaded
        is_for_others = origin is None and name not in for_the_stage
        if (is_own or is_for_others) and not name.startswith("_"):
            yield name


@pytest.mark.parametrize("door", house.front_doors())
def test_what_is_public_has_a_docstring(door: str) -> None:
    module = house.front_door(door)

    silent = [] if module.__doc__ else [door]
    for name in sorted(house.public_names(door)):
        silent += undescribed(f"{door}.{name}", getattr(module, name, None))

    assert silent == []


def undescribed(path: str, item: object) -> Iterator[str]:
    """Names of this object and its public members that have no docstring, their own or an inherited one."""
    if not (inspect.isclass(item) or inspect.isroutine(item)) or not is_ours(item):
        return
    if not (item.__dict__.get("__doc__") if inspect.isclass(item) else item.__doc__):
        yield path
    if inspect.isclass(item):
        for name, member in vars(item).items():
            is_method = isinstance(member, (classmethod, staticmethod, property)) or inspect.isroutine(member)
            if is_method and not name.startswith("_") and not inspect.getdoc(getattr(item, name, member)):
                yield f"{path}.{name}"


def is_ours(item: object) -> bool:
    return (getattr(item, "__module__", None) or "").partition(".")[0] in house.packages()


def test_plugins_use_only_what_is_public_of_the_core_and_of_each_other() -> None:
    plugins = [module for module in house.modules().values() if module.package != "rostra"]

    strangers = [
        complaint for module in plugins for complaint in (*private_imports(module), *private_uses(module))
    ]

    assert strangers == []


def private_imports(module: house.Module) -> Iterator[str]:
    """What this module imports of another distribution without its being public."""
    for line, origin, name in module.imports():
        if origin.partition(".")[0] not in house.packages() - {module.package}:
            continue
        is_door = f"{origin}.{name}" in house.front_doors() or (origin == "rostra" and name is None)
        if not is_door and (
            origin not in house.front_doors() or name not in {None, *house.public_names(origin)}
        ):
            yield f"{module.place(line)}: {origin}{f'.{name}' if name else ''} is not public"


def private_uses(module: house.Module) -> Iterator[str]:
    """What this module takes out of a front door that it imported, ``di._adapters``, without its being public.

    A name that the front door does not have belongs to a variable of the same name.
    """
    doors = {
        name: f"{origin}.{name}"
        for name, origin in house.bindings(module)
        if f"{origin}.{name}" in house.front_doors() and not f"{origin}.".startswith(f"{module.package}.")
    }
    for node in ast.walk(module.tree):
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name in doors:
                door = house.front_door(doors[name])
                if attribute not in house.public_names(doors[name]) and hasattr(door, attribute):
                    yield f"{module.place(node.lineno)}: {doors[name]}.{attribute} is not public"


def test_the_core_knows_no_plugin() -> None:
    core = [module for module in house.modules().values() if module.package == "rostra"]

    known = [
        f"{module.place(line)}: {origin}"
        for module in core
        for line, origin, _ in module.imports()
        if origin.partition(".")[0] in house.packages() - {"rostra"}
    ]

    assert known == []


def loaded_by(statement: str) -> set[str]:
    """The modules that a fresh interpreter has after this statement."""
    program = f"{statement}\nimport sys\nprint(*sys.modules)"
    answer = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=60
    )
    return set(answer.stdout.split())


def test_importing_rostra_imports_nothing_else() -> None:
    before = loaded_by("pass")

    assert loaded_by("import rostra") - before == {"rostra"}


def test_importing_the_rooms_of_every_day_loads_nothing_heavy() -> None:
    cost_of_dependencies = loaded_by("import asyncio, attrs, typing_extensions")

    loaded = loaded_by("from rostra import config, context, di, plugin") - cost_of_dependencies

    assert {module for module in loaded if module in HEAVY} == set()
