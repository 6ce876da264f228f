"""A file that somebody sends in a form. It lies on disk unless it is small, and is gone with its request."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from rostra.documents import opaque

_CHUNK_BYTES = 65536


@opaque("a file", {"type": "string", "contentMediaType": "application/octet-stream"})
class Upload:
    """A file of a form.

    ::

        @attrs.frozen
        class Letter:
            subject: str
            files: list[Upload] = attrs.field(factory=list)

        @post("/letters")
        async def send(letter: Form[Letter]) -> int:
            return sum(file.size_bytes for file in letter.files)

    Args:
        name: As the client calls it: for people, not for paths.
        content_type: As the client says: nobody has looked.
        spool_bytes: Up to which it is kept in memory.

    It can be read as long as the request runs, several times and from the beginning each time.
    """

    __slots__ = ("_file", "_spool_bytes", "content_type", "name", "size_bytes")

    def __init__(self, name: str, content_type: str, spool_bytes: int = _CHUNK_BYTES) -> None:
        self.name, self.content_type = name, content_type
        self.size_bytes = 0
        self._spool_bytes = spool_bytes
        from tempfile import SpooledTemporaryFile  # which imports much

        self._file = SpooledTemporaryFile(max_size=spool_bytes)  # noqa: SIM115  (closed with its request)

    def __repr__(self) -> str:
        return "a file"  # as faults call it

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Its bytes in chunks."""
        place = 0
        while chunk := await asyncio.to_thread(self._read, place, _CHUNK_BYTES):
            place += len(chunk)
            yield chunk

    async def read(self, most: int = -1) -> bytes:
        """The first ``most`` bytes, or all of them: only if they have room in memory."""
        return await asyncio.to_thread(self._read, 0, most)

    async def save(self, path: Path) -> None:
        """Write all of it to a file, in place of what is there."""
        await asyncio.to_thread(self._save, path)

    async def add(self, chunk: bytes) -> None:
        """Write at its end. Done while it arrives."""
        self.size_bytes += len(chunk)
        if self.size_bytes <= self._spool_bytes:
            self._file.write(chunk)
        else:
            await asyncio.to_thread(self._file.write, chunk)

    def close(self) -> None:
        """Forget it. What is on disk has no name there, so nothing is left."""
        self._file.close()

    def _read(self, place: int, most: int) -> bytes:
        self._file.seek(place)
        return self._file.read(most)

    def _save(self, path: Path) -> None:
        import shutil

        self._file.seek(0)
        with path.open("wb") as target:
            shutil.copyfileobj(self._file, target)
