"""What triggers a handler over HTTP, and the decorators that say so."""

import functools
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, ClassVar, TypeAlias, TypeVar

from aiohttp import web

from rostra import handlers
from rostra.values import Values

T = TypeVar("T")
Function = TypeVar("Function", bound=Callable[..., Any])

_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


class _Called(handlers.Marker):
    """A marker with the name that the client writes."""

    __slots__ = ("name",)

    def __init__(self, name: str | None = None) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"


class FromQuery(_Called):
    """The value of a name in the query.

    Args:
        name: As the client writes it; None stands for the parameter's name.
    """

    __slots__ = ()


class FromHeader(_Called):
    """The value of a header.

    Args:
        name: As the client writes it; None stands for the parameter's name with dashes for underscores.
    """

    __slots__ = ()


class FromCookie(_Called):
    """The value of a cookie.

    Args:
        name: As the client has it; None stands for the parameter's name.
    """

    __slots__ = ()


class FromBody(handlers.Marker):
    """The body of the request.

    Args:
        types: Of content that are read: ``application/json``, ``application/msgpack``,
            ``application/x-www-form-urlencoded``, ``multipart/form-data``. None stands for all from which the parameter
            can be made.
    """

    __slots__ = ("types",)
    is_payload: ClassVar[bool] = True

    def __init__(self, *types: str) -> None:
        self.types = types

    def __repr__(self) -> str:
        return f"FromBody({', '.join(map(repr, self.types))})"


Query: TypeAlias = Annotated[T, FromQuery()]
"""``limit: Query[int]`` comes from ``?limit=10``, also where a component of that type would be nearer."""

Header: TypeAlias = Annotated[T, FromHeader()]
"""``x_token: Header[str]`` comes from the header ``X-Token``."""

Cookie: TypeAlias = Annotated[T, FromCookie()]
"""``session: Cookie[str]`` comes from the cookie ``session``."""

Body: TypeAlias = Annotated[T, FromBody()]
"""``order: Body[Order]`` comes from the body, also where it could be something else, and also from a form."""

Form: TypeAlias = Annotated[T, FromBody("application/x-www-form-urlencoded", "multipart/form-data")]
"""``letter: Form[Letter]`` comes from a form, whose files are fields of type ``Upload``."""


class _Asked(Values):
    method: str
    path: str
    status: int | None = None
    in_openapi: bool = True


class Route(_Asked):
    """A method and a path, as one of the decorators makes it.

    Args:
        method: ``GET``, ``POST`` and so on.
        path: As aiohttp writes it: ``/orders/{id}``, ``/orders/{id:[0-9]+}``.
        status: Of an answer whose handler names none.
        in_openapi: Whether the document of the service tells of it.
    """

    __slots__ = ()
    transport = "rostra_aiohttp"
    provides = (web.Request,)
    markers = (FromQuery, FromHeader, FromCookie, FromBody)
    takes_scalars = True
    needs_payload = False

    @property
    def path_names(self) -> frozenset[str]:
        """The names in the path."""
        return names_in(self.path)

    @property
    def takes_payload(self) -> bool:
        """Whether a body means anything to this method (RFC 9110, section 9.3)."""
        return self.method in _WITH_BODY

    def describe(self) -> str:
        """How people call it: ``GET /orders/{id}``."""
        return f"{self.method} {self.path}"

    def placed_in(self, *places: Mapping[str, Any]) -> "Route":
        """The same below the prefixes of its module and class.

        Args:
            places: The names in them, the module's first.
        """
        return self._replace(path=prefixed(self.path, places))


class Prefix:
    """What all paths of a module, or of a class, begin with: ``prefix = Prefix("/api/v1")`` among its names.

    Names in it are names of each path: ``Prefix("/tenants/{tenant}")``. That of a class comes after that of its module.

    Args:
        path: It begins with a slash and ends without one.

    Raises:
        HandlerError: It is no such path.
    """

    __slots__ = ("path",)

    def __init__(self, path: str) -> None:
        if path.endswith("/"):
            from rostra_aiohttp import refusals

            raise refusals.no_prefix(path)
        names_in(path)
        self.path = path

    def __repr__(self) -> str:
        return f"Prefix({self.path!r})"


def prefixed(path: str, places: Iterable[Mapping[str, Any]]) -> str:
    """A path below the prefixes that these places have; ``/`` is then the prefix itself.

    Raises:
        HandlerError: A place has two.
    """
    found = [_prefix(place) for place in places]
    before = "".join(found)
    return before if before and path == "/" else before + path


def _prefix(place: Mapping[str, Any]) -> str:
    found = {name: each for name, each in place.items() if isinstance(each, Prefix)}
    paths = {each.path for each in found.values()}
    if len(paths) > 1:
        from rostra_aiohttp import refusals

        where = place.get("__name__") or place.get("__qualname__", "")
        raise refusals.several_prefixes(where, len(paths), found)
    return next(iter(paths), "")


@functools.cache
def names_in(path: str) -> frozenset[str]:
    """The names in a path.

    Raises:
        HandlerError: aiohttp cannot read it.
    """
    try:
        if not path.startswith("/"):
            raise ValueError("it does not begin with a slash")  # noqa: TRY301  (worded with those of aiohttp)
        pattern = web.UrlDispatcher().add_resource(path).get_info().get("pattern")
    except ValueError as error:
        from rostra_aiohttp import refusals

        raise refusals.unread_path(path, str(error)) from None
    return frozenset(pattern.groupindex) if pattern is not None else frozenset()


def get(path: str, *, status: int | None = None, in_openapi: bool = True) -> Callable[[Function], Function]:
    """Let the function answer GET, and HEAD with the same headers and no body.

    Its parameters come from the path, the query, the stage and its adapters; what it returns becomes the answer.
    The function stays as it is and can be called as ever.

    Args:
        path: As aiohttp writes it: ``/orders/{id}``, ``/orders/{id:[0-9]+}``.
        status: Of the answer; by default 200, and 204 for None.
        in_openapi: Whether the document of the service tells of it.
    """
    return on_method("GET", path, status, in_openapi)


def post(path: str, *, status: int | None = None, in_openapi: bool = True) -> Callable[[Function], Function]:
    """Let the function answer POST. One parameter may take the body; see ``get``."""
    return on_method("POST", path, status, in_openapi)


def put(path: str, *, status: int | None = None, in_openapi: bool = True) -> Callable[[Function], Function]:
    """Let the function answer PUT. One parameter may take the body; see ``get``."""
    return on_method("PUT", path, status, in_openapi)


def patch(path: str, *, status: int | None = None, in_openapi: bool = True) -> Callable[[Function], Function]:
    """Let the function answer PATCH. One parameter may take the body; see ``get``."""
    return on_method("PATCH", path, status, in_openapi)


def delete(
    path: str, *, status: int | None = None, in_openapi: bool = True
) -> Callable[[Function], Function]:
    """Let the function answer DELETE; see ``get``."""
    return on_method("DELETE", path, status, in_openapi)


def on_method(method: str, path: str, status: int | None, in_openapi: bool) -> Callable[[Function], Function]:
    """What the decorators do: note on a function that it answers this method."""
    if not isinstance(path, str):
        from rostra_aiohttp import refusals

        raise refusals.no_path(method.lower(), path)
    names_in(path)  # a path that cannot be read is an error of this line
    route = Route(method, path, status, in_openapi)
    return lambda function: handlers.mark(function, route)
