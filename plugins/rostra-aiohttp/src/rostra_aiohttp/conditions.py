"""Does a request want all of a file, a part of it, or none, since it has it already?

RFC 9110, sections 13 and 14. Pure: from the method, the headers and what is held to a verdict. Headers that cannot be read are left out of account,
as the standard asks; of several ranges at once none is granted, and all is sent.
"""

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import NamedTuple

_ETAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\U0010ffff]*)"')
_RANGE = re.compile(r"bytes=\s*(\d{0,100})\s*-\s*(\d{0,100})\s*", re.IGNORECASE)
_ENCODING = re.compile(r"\s*([\w*!#$%&'+.^`|~-]+)\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*)?", re.ASCII)


class Held(NamedTuple):
    """A file as it is now.

    Args:
        etag: Without quotes. It changes whenever a byte does.
        modified: Whole seconds since 1970.
        size_bytes: Of what would be sent.
    """

    etag: str
    modified: int
    size_bytes: int


class Verdict(NamedTuple):
    """What to answer.

    Args:
        status: 200, 206 with a part, 304, 412 or 416.
        start: The first byte to send.
        length: How many bytes to send.
    """

    status: HTTPStatus
    start: int = 0
    length: int = 0


def judged(method: str, headers: Mapping[str, str], held: Held, now: float) -> Verdict:
    """The verdict over a request for a file.

    Args:
        method: Parts are for GET only.
        headers: Of the request, by lower-case name; those that came several times are joined by commas.
        held: The file.
        now: Seconds since 1970; a file that was changed within the last second may change again within it.
    """
    if not _may_go_on(headers, held):
        return Verdict(HTTPStatus.PRECONDITION_FAILED)
    if _is_known(headers, held):
        return Verdict(HTTPStatus.NOT_MODIFIED)
    whole = Verdict(HTTPStatus.OK, 0, held.size_bytes)
    if method != "GET" or "range" not in headers or not _is_of_same(headers.get("if-range"), held, now):
        return whole
    return _part(headers["range"], held.size_bytes) or whole


def _may_go_on(headers: Mapping[str, str], held: Held) -> bool:
    wanted = headers.get("if-match")
    if wanted is not None:
        return wanted.strip() == "*" or held.etag in _etags(wanted, strong=True)
    since = seconds(headers.get("if-unmodified-since"))
    return since is None or held.modified <= since


def _is_known(headers: Mapping[str, str], held: Held) -> bool:
    known = headers.get("if-none-match")
    if known is not None:
        return known.strip() == "*" or held.etag in _etags(known, strong=False)
    since = seconds(headers.get("if-modified-since"))
    return since is not None and held.modified <= since


def _is_of_same(validator: str | None, held: Held, now: float) -> bool:
    """Whether a part may be added to what the client has: ``If-Range`` (section 13.1.5)."""
    if validator is None:
        return True
    if '"' in validator:
        return held.etag in _etags(validator, strong=True)
    return seconds(validator) == held.modified and held.modified + 1 < now


def _part(text: str, size_bytes: int) -> Verdict | None:
    """The part that a range names; None if the range is to be left out of account."""
    found = _RANGE.fullmatch(text.strip())
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:
        count = min(int(found[2]), size_bytes)
        start, last = size_bytes - count, size_bytes - 1
        if size_bytes == 0 and int(found[2]):  # all of nothing, which Content-Range has no words for
            return None
    else:
        start, last = int(found[1]), int(found[2]) if found[2] else size_bytes - 1
        if found[2] and last < start:
            return None
    if start >= size_bytes:
        return Verdict(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
    return Verdict(HTTPStatus.PARTIAL_CONTENT, start, min(last, size_bytes - 1) - start + 1)


def _etags(text: str, *, strong: bool) -> set[str]:
    return {found[2] for found in _ETAG.finditer(text) if not (strong and found[1])}


def seconds(date: str | None) -> int | None:
    """Seconds since 1970 of an HTTP date; None for what is none."""
    try:
        return int(parsedate_to_datetime(date).timestamp()) if date else None
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def preferred(accepted: str, available: tuple[str, ...]) -> str | None:
    """The encoding in which to send something; None for as it is (RFC 9110, section 12.5.3).

    Args:
        accepted: The header ``Accept-Encoding``.
        available: Encodings that there are, the best first.
    """
    weights = {}
    for item in accepted.lower().split(","):
        if found := _ENCODING.fullmatch(item):
            weights[found[1]] = float(found[2]) if found[2] else 1.0
    others = weights.get("*", 0.0)
    weighed = [(weights.get(name, others), -rank, name) for rank, name in enumerate(available)]
    best = max(weighed, default=(0.0, 0, ""))
    return best[2] if best[0] > 0 and best[0] >= weights.get("identity", 0.0) else None
