"""What an answer has besides its body: a status, headers and cookies.

A handler returns them with the body in an ``Answer``; whoever else takes part in a request, an adapter say, takes the
``ResponseHead``, and ``answers`` puts that on the answer. Cookies are as safe as they can be unless somebody says otherwise.
"""

import re
from typing import Any, Literal, TypeAlias

from aiohttp import web
from multidict import CIMultiDict

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
