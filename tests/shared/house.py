"""What the house is made of: its files, its modules and their front doors, as the tests of its rules see them.

A front door is what others may import from: each room of the core, each plugin's package, and within a plugin each
module that has an ``__all__``. Modules are read, not imported, but for the value of a front door's ``__all__``.
"""

import ast
import functools
import importlib
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import attrs

ROOT = Path(__file__).resolve().parents[2]
SOURCE_ROOTS = (ROOT / "src", *sorted(ROOT.glob("plugins/*/src")))


@attrs.frozen
class Module:
    """A module of the core or of a plugin.

    Args:
        name: Its dotted name.
        path: Its file.
        tree: What stands in it.
    """

    name: str
    path: Path
    tree: ast.Module = attrs.field(eq=False, repr=False)

    @property
    def package(self) -> str:
        """The distribution's package: ``rostra``, ``rostra_aiohttp``."""
        return self.name.partition(".")[0]

    @property
    def is_package(self) -> bool:
        return self.path.name == "__init__.py"

    @property
    def is_private(self) -> bool:
        return any(part.startswith("_") for part in self.name.split("."))

    def place(self, line: int) -> str:
        """Where, as editors understand it."""
        return f"{self.path.relative_to(ROOT)}:{line}"

    def imports(self) -> Iterator[tuple[int, str, str | None]]:
        """Line, module and name of everything imported here, anywhere in the file; relative ones made absolute."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name, None) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                origin = self._absolute(node.module or "", node.level)
                yield from ((node.lineno, origin, alias.name) for alias in node.names)

    def _absolute(self, module: str, level: int) -> str:
        if level == 0:
            return module
        parts = self.name.split(".")
        here = parts[: len(parts) - level + self.is_package]
        return ".".join([*here, *filter(None, [module])])


@functools.cache
def modules() -> dict[str, Module]:
    """Every module of the core and of the plugins by its dotted name."""
    found = {}
    for root in SOURCE_ROOTS:
        for path in sorted(root.rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found[name] = Module(name, path, ast.parse(path.read_text(), path))
    return found


@functools.cache
def packages() -> frozenset[str]:
    """The packages of all distributions."""
    return frozenset(module.package for module in modules().values())


@functools.cache
def front_doors() -> tuple[str, ...]:
    """The dotted names of the modules that others may import from."""
    return tuple(name for name, module in modules().items() if _is_front_door(module))


def front_door(name: str) -> ModuleType:
    """A front door, imported."""
    return importlib.import_module(name)


def _is_front_door(module: Module) -> bool:
    if module.is_private:
        return False
    if module.package == "rostra":
        return module.name.count(".") == 1
    return "." not in module.name or any(name == "__all__" for name, _ in bindings(module))


def public_names(door: str) -> frozenset[str]:
    """What a front door says is public."""
    return frozenset(getattr(front_door(door), "__all__", ()))


def bindings(module: Module) -> Iterator[tuple[str, str | None]]:
    """Each name bound at the top of a module, with the module it was imported from or None if it is made here."""
    for node in module.tree.body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name, None
            case ast.Assign(targets=targets):
                yield from ((target.id, None) for target in targets if isinstance(target, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name)):
                yield name, None
            case ast.ImportFrom(names=names):
                origin = module._absolute(node.module or "", node.level)
                yield from ((alias.asname or alias.name, origin) for alias in names)


@functools.cache
def files() -> tuple[Path, ...]:
    """Every file of the repository; without git, every one that is not made by a tool."""
    if (ROOT / ".git").exists():
        command = [
            "git",
            "-c",
            "safe.directory=*",
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ]
        listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
        paths = [ROOT / name for name in listed.split("\0") if name]
    else:
        paths = [path for path in ROOT.rglob("*") if not _is_made_by_a_tool(path.relative_to(ROOT))]
    return tuple(sorted(path for path in paths if path.is_file()))


def _is_made_by_a_tool(path: Path) -> bool:
    hidden = any(part.startswith(".") and part not in {".ci", ".gitignore"} for part in path.parts)
    return hidden or not {"__pycache__", "_build", "_plugins", "build", "dist"}.isdisjoint(path.parts)


def python_files() -> tuple[Path, ...]:
    """Every file of Python in the repository."""
    return tuple(path for path in files() if path.suffix == ".py")
