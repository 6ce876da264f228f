"""A file of the machine as a result, with what a browser should do with it."""

import re
from pathlib import Path
from urllib.parse import quote

_UNSAFE = r'[\x00-\x1f\x7f/\\"]'


class File:
    """A file to send: as ``pathlib.Path`` alone is, with more to say about it.

    ::

        @get("/reports/{number}")
        async def report(number: int, folder: Reports) -> File:
            return File(folder.path / f"{number}.pdf", name=f"report {number}.pdf")

    A file that is not there is a 404. Ranges and conditional requests are answered by the file's size and the time of
    its last change. It is sent after the scope has closed, so it has to live longer than that. Whatever of the path comes
    from a client, ``str`` for example, may lead anywhere: look it up instead, or serve a folder with ``static``.

    Args:
        path: Of a file.
        name: Under which browsers save it; None leaves it to them whether they show it.
        content_type: None is by the suffix of the path.
        inline: Show it where that is possible, and save it under its name otherwise.
    """

    __slots__ = ("content_type", "inline", "name", "path")

    def __init__(
        self,
        path: Path | str,
        name: str | None = None,
        *,
        content_type: str | None = None,
        inline: bool = False,
    ) -> None:
        self.path, self.name = Path(path), name
        self.content_type, self.inline = content_type, inline

    def __repr__(self) -> str:
        return f"File({str(self.path)!r}, {self.name!r})"

    @property
    def disposition(self) -> str | None:
        """The header ``Content-Disposition`` (RFC 6266), which says all letters twice where ASCII is not enough."""
        kind = "inline" if self.inline else "attachment"
        if self.name is None:
            return kind if self.inline else None
        name = re.sub(_UNSAFE, "_", self.name)
        plain = name.encode("ascii", "replace").decode().replace("?", "_")
        if plain == name:
            return f'{kind}; filename="{name}"'
        return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name.encode('utf-8', 'replace'), safe='')}"
