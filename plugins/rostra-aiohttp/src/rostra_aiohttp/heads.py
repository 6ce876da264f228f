"""What the heads of requests and answers have that no handler reads or returns: ids, statuses, headers and cookies.

A request has an id, for the log, the answer, and whoever asks what became of it; that is told with each answer, streams and
refusals included. What else is to be said in all answers is said just before their headers are sent, whoever answers.

A handler returns headers with the body in an ``Answer``; whoever else takes part in a request, an adapter say, takes the
``ResponseHead``, and ``answers`` puts that on the answer. Cookies are as safe as they can be unless somebody says otherwise.
"""

import os
import re
from typing import Any, Literal, TypeAlias

from aiohttp import hdrs, web
from aiohttp.http import HttpVersion11
from multidict import CIMultiDict, istr

HEADER = istr("X-Request-ID")

_ID = web.RequestKey("rostra_request_id", str)
_HARMLESS = r"[A-Za-z0-9][A-Za-z0-9._:+/=@-]{0,127}"
"""What common makers of ids write: UUIDs, ULIDs, base64, traces. Nothing that a log or a shell would stumble over."""
_DIGITS = 32
_AT_ONCE = 128

_fresh: list[str] = []
"""Ids that nobody has yet: to ask the system for each costs more than all the rest of it."""
os.register_at_fork(after_in_child=_fresh.clear)

COMPRESSION = web.RequestKey("rostra_compression", object)
"""Of a request whose answer may be compressed: a ``compression.Compression``, which is not imported where none is."""
_ODD_METHODS = frozenset({hdrs.METH_HEAD, hdrs.METH_CONNECT})


class Asked(web.Request):
    """A request that came over a ``Connection``."""

    async def _prepare_hook(self, response: web.StreamResponse) -> None:
        """What aiohttp calls with each answer. Its signal for that costs as much as all else that we do."""
        chosen = known_id(self)
        if chosen is not None:
            response.headers[HEADER] = chosen
        connection: Any = self.protocol
        for mark in connection.marks:
            mark(self, response)
        await super()._prepare_hook(response)


def is_plain(request: web.BaseRequest) -> bool:
    """Whether the head of an ordinary answer to this request follows from the answer and the id alone."""
    if type(request) is not Asked:
        return False
    message = request._message  # noqa: SLF001  (three properties cost more than all else here)
    if message.should_close or message.version != HttpVersion11 or message.method in _ODD_METHODS:
        return False
    connection: Any = request.protocol
    writer: Any = request.writer
    if connection.marks or writer.output_size or writer._headers_buf:  # noqa: SLF001  (of an answer that was given up)
        return False
    found = request._match_info  # noqa: SLF001  (of what is answered before anybody has looked it is None)
    if found is not None:
        for app in found._apps:  # noqa: SLF001  (no copies)
            if app.on_response_prepare:
                return False
    return True


def request_id(request: web.BaseRequest) -> str:
    """The id of this request; empty if ``[http] request_id`` is off, or if no server of ours has received it."""
    return known_id(request) or ""


def known_id(request: web.BaseRequest) -> str | None:
    """The same, or None."""
    return request._state.get(_ID)  # noqa: SLF001  (a look at a request costs an exception where there is nothing)


def identify(request: web.BaseRequest) -> None:
    """Give the request its id: the one that the client says, if that is harmless, else a new one."""
    said = request.headers.get(HEADER)
    chosen = said if said is not None and re.fullmatch(_HARMLESS, said, re.ASCII) else new_id()
    request._state[_ID] = chosen  # noqa: SLF001  (as above)


def new_id() -> str:
    """Hexadecimal digits that nobody can guess."""
    try:
        return _fresh.pop()
    except IndexError:
        digits = os.urandom(_DIGITS // 2 * _AT_ONCE).hex()
        _fresh.extend(digits[place : place + _DIGITS] for place in range(0, len(digits), _DIGITS))
        return new_id()


SameSite: TypeAlias = Literal["Strict", "Lax", "None"]

# Patterns are compiled on first use: few services set cookies or headers of their own.
NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
"""Of a header or a cookie: a token (RFC 9110, section 5.6.2)."""
_COOKIE_VALUE = r"[!#-+\--:<-\[\]-~]*"
"""Of RFC 6265, section 4.1.1: visible ASCII without quotes, commas, semicolons and backslashes."""
_ATTRIBUTE = r"[ -:<-~]*"


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
        if re.fullmatch(NAME, self.name) is None:
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


class ResponseHead:
    """What is added to whatever the handler of a request returns. Handlers and adapters may ask for it.

    It counts for results, not for what is raised; an ``Answer``, and a header of an answer of aiohttp's own, is
    stronger.
    """

    __slots__ = ("added", "cookies", "headers", "status")

    def __init__(self) -> None:
        self.added: Any = None
        """What of it stands on which answer already; known to who puts it there."""
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
