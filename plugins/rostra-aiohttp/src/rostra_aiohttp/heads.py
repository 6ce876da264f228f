"""What an answer has besides its body: a status, headers and cookies.

A handler returns them with the body in an ``Answer``; whoever else takes part in a request, an adapter say, takes the
``ResponseHead``. Cookies are as safe as they can be unless somebody says otherwise.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Generic, Literal, TypeAlias, TypeVar

from aiohttp import hdrs, web
from multidict import CIMultiDict

from rostra.values import Values

T_co = TypeVar("T_co", covariant=True)
SameSite: TypeAlias = Literal["Strict", "Lax", "None"]

# Patterns are compiled on first use: few services set cookies or headers of their own.
_NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_COOKIE_VALUE = r"[!#-+\--:<-\[\]-~]*"
"""Of RFC 6265, section 4.1.1: visible ASCII without quotes, commas, semicolons and backslashes."""
_ATTRIBUTE = r"[ -:<-~]*"
_CONTROL = "[\0-\x08\n-\x1f\x7f]"
"""What ends a line, and what else may stand in none of them (RFC 9110, section 5.5)."""


class SetCookie:
    """A cookie for the client to keep.

    By default scripts do not see it, it travels over TLS only (browsers take 127.0.0.1 for safe, too), and not with
    requests that other sites make, except when somebody follows a link.

    Args:
        name: A token, such as ``session``; the prefixes ``__Host-`` and ``__Secure-`` ask for what browsers demand.
        value: Visible ASCII without blanks, quotes, commas, semicolons and backslashes: encode what may be more.
        max_age: Seconds until it is forgotten; None is when the browser is closed, and 0 is at once.
        path: Below which it is sent back.
        domain: With which it goes to subdomains, too; None is this host alone.
        secure: Over TLS only.
        http_only: Not for scripts.
        same_site: ``Strict``, ``Lax``, or ``None`` as a text, for which it has to be secure.

    Raises:
        ValueError: Something cannot stand in a cookie, or browsers would refuse it. The value is not told.
    """

    __slots__ = ("domain", "http_only", "max_age", "name", "path", "same_site", "secure", "value")

    def __init__(
        self,
        name: str,
        value: str,
        *,
        max_age: float | None = None,
        path: str = "/",
        domain: str | None = None,
        secure: bool = True,
        http_only: bool = True,
        same_site: SameSite = "Lax",
    ) -> None:
        self.name, self.value = name, value
        self.max_age, self.path, self.domain = max_age, path, domain
        self.secure, self.http_only, self.same_site = secure, http_only, same_site
        if wrong := self._what_is_wrong():
            msg = f"the cookie {name!r} {wrong}"
            raise ValueError(msg)

    def __repr__(self) -> str:
        return f"SetCookie({self.name!r}, ...)"  # a session is a secret

    def line(self) -> str:
        """The value of its header ``Set-Cookie``."""
        said = [f"{self.name}={self.value}", f"Path={self.path}"]
        if self.max_age is not None:
            said.append(f"Max-Age={int(self.max_age)}")
        if self.domain is not None:
            said.append(f"Domain={self.domain}")
        if self.secure:
            said.append("Secure")
        if self.http_only:
            said.append("HttpOnly")
        return "; ".join([*said, f"SameSite={self.same_site}"])

    def _what_is_wrong(self) -> str:
        if re.fullmatch(_NAME, self.name) is None:
            return "has a name that is no token"
        if re.fullmatch(_COOKIE_VALUE, self.value) is None:
            return "has a value with more than visible ASCII: encode it, by base64 say"
        if any(re.fullmatch(_ATTRIBUTE, text) is None for text in (self.path, self.domain or "")):
            return "has a path or domain with more than ASCII"
        if self.same_site not in ("Strict", "Lax", "None"):
            return 'has a same_site that is none of "Strict", "Lax" and "None"'
        if self.same_site == "None" and not self.secure:
            return "is for other sites, and browsers take such a one only if it is secure"
        if self.name.startswith(("__Host-", "__Secure-")) and not self.secure:
            return "is secure by its name only"
        if self.name.startswith("__Host-") and (self.path != "/" or self.domain is not None):
            return "is of this host by its name, so it has the path / and no domain"
        return ""


class Answer(Generic[T_co]):
    """A result with more than a body.

    ::

        @post("/orders")
        async def place(order: Order) -> Answer[Order]:
            return Answer(order, status=201, headers={"Location": f"/orders/{order.number}"})

    Args:
        body: What could be returned by itself.
        status: By default the decorator's.
        headers: By name; a mapping of several values per name keeps them all. ``Content-Type`` replaces the one that
            follows from the body. To one with an ``ETag``, a client that has it already gets 304.
        cookies: For the client to keep.
    """

    __slots__ = ("body", "cookies", "headers", "status")

    def __init__(
        self,
        body: T_co,
        *,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
        cookies: Iterable[SetCookie] = (),
    ) -> None:
        self.body = body
        self.status = status
        self.headers = headers
        self.cookies = cookies

    def __repr__(self) -> str:
        return f"Answer({self.body!r}, status={self.status})"

    def head(self) -> "ResponseHead":
        """The same without the body."""
        head = ResponseHead()
        head.status = self.status
        head.headers.extend(self.headers or {})
        for cookie in self.cookies:
            head.set_cookie(cookie)
        return head


class ResponseHead:
    """What is added to whatever the handler of a request returns. Handlers and adapters may ask for it.

    It counts for results, not for what is raised; an ``Answer``, and a header of an answer of aiohttp's own, is
    stronger.
    """

    __slots__ = ("_before", "cookies", "headers", "status")

    def __init__(self) -> None:
        self._before: _Before | None = None
        self.status: int | None = None
        """Where the result says none; None is the decorator's."""
        self.headers: CIMultiDict[str] = CIMultiDict()
        """By name, in whatever case; ``add`` keeps what is there."""
        self.cookies: dict[tuple[str, str, str | None], SetCookie] = {}
        """By name, path and domain."""

    def set_cookie(self, cookie: SetCookie) -> None:
        """Let the client keep it, in place of another one of that name, path and domain."""
        self.cookies[cookie.name, cookie.path, cookie.domain] = cookie

    def delete_cookie(self, name: str, *, path: str = "/", domain: str | None = None) -> None:
        """Let the client forget a cookie; path and domain have to be those with which it was set."""
        self.set_cookie(SetCookie(name, "", max_age=0, path=path, domain=domain))

    def wrong_header(self) -> str | None:
        """The name of a header that cannot be sent, since it is no token or there is a line break in it."""
        for name, value in self.headers.items():
            if re.fullmatch(_NAME, name) is None or not _is_line(value):
                return name
        return None

    def add_to(self, answer: web.StreamResponse) -> None:
        """Put it on an answer; on one that has it already only what was said since, whatever was done to the answer."""
        before = self._before
        if before is None or before.answer is not answer:
            self.put_on(answer.headers)
        else:
            self._since(before).put_on(answer.headers, is_stronger=True)
        self._before = _Before(answer, self.headers.copy(), dict(self.cookies))

    def _since(self, before: "_Before") -> "ResponseHead":
        news = ResponseHead()
        for name, value in self.headers.items():
            if self.headers.getall(name) != before.headers.getall(name, None):
                news.headers.add(name, value)
        news.cookies = {
            key: each for key, each in self.cookies.items() if before.cookies.get(key) is not each
        }
        return news

    def put_on(self, headers: "CIMultiDict[str]", *, is_stronger: bool = False) -> None:
        """Add what is here to the headers of an answer.

        Args:
            headers: Of the answer.
            is_stronger: Replace what stands there already; else that is left, except for the type of the content.
        """
        there = set() if is_stronger else {name.lower() for name in headers} - {"content-type"}
        mine = {name.lower() for name in self.headers} - there
        for name in mine:
            headers.popall(name, None)
        for name, value in self.headers.items():
            if name.lower() in mine:
                headers.add(name, value)
        for cookie in self.cookies.values():
            headers.add(hdrs.SET_COOKIE, cookie.line())


class _Before(Values):
    """What was put on an answer."""

    answer: web.StreamResponse
    headers: "CIMultiDict[str]"
    cookies: Mapping[tuple[str, str, str | None], SetCookie]


_HEAD = web.RequestKey("rostra_head", ResponseHead)


def head_of(request: web.BaseRequest) -> ResponseHead:
    """The one of this request, which begins to be when somebody asks."""
    head: ResponseHead | None = request.get(_HEAD)
    if head is None:
        head = request[_HEAD] = ResponseHead()
    return head


def known_head(request: web.BaseRequest) -> ResponseHead | None:
    """The same if somebody has asked for it."""
    return request._state.get(_HEAD)  # noqa: SLF001  (a look at a request costs an exception where there is nothing)


def forget_head(request: web.BaseRequest) -> None:
    """Let an answer to what went wrong begin with none: what was said before was for a result."""
    request._state.pop(_HEAD, None)  # noqa: SLF001  (as above)


def known_headers(answer: web.StreamResponse) -> "CIMultiDict[str] | None":
    """The headers of an answer; None as long as it is one of a stamp and nobody has asked for them."""
    return vars(answer).get("_headers")


def unsendable(headers: "CIMultiDict[str]") -> str | None:
    """The name of a header that cannot be sent; None if all can."""
    return next((name for name, value in headers.items() if not _is_line(value)), None)


def _is_line(value: object) -> bool:
    return isinstance(value, str) and re.search(_CONTROL, value) is None
