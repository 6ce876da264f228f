"""A chat: a page, and a web socket for each visitor of a room."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs

from rostra import di
from rostra_aiohttp.static import static
from rostra_aiohttp.websockets import WebSocket, websocket

PAGE = Path(__file__).parent / "page"


@attrs.frozen
class Say:
    text: str = attrs.field(validator=[attrs.validators.min_len(1), attrs.validators.max_len(500)])


@attrs.frozen
class Post:
    name: str
    text: str


class Rooms:
    """Who is where. Each visitor has a queue, so that a slow one holds up nobody."""

    def __init__(self) -> None:
        self._posts: defaultdict[str, set[asyncio.Queue[Post]]] = defaultdict(set)

    @contextmanager
    def join(self, room: str) -> Iterator[asyncio.Queue[Post]]:
        posts: asyncio.Queue[Post] = asyncio.Queue(maxsize=100)
        self._posts[room].add(posts)
        try:
            yield posts
        finally:
            self._posts[room].discard(posts)

    def tell(self, room: str, post: Post) -> None:
        for posts in self._posts[room]:
            if posts.full():
                posts.get_nowait()  # whoever is that slow misses the oldest
            posts.put_nowait(post)


@websocket("/chat/{room}")
async def chat(room: str, name: str, socket: WebSocket, rooms: Rooms) -> None:
    with rooms.join(room) as posts:
        socket.start(forward(posts, socket))
        async for said in socket.json(Say):
            rooms.tell(room, Post(name, said.text))


async def forward(posts: asyncio.Queue[Post], socket: WebSocket) -> None:
    while True:
        await socket.send_json(await posts.get())


async def prepare() -> None:
    di.register(Rooms, lifetime="stage")
    static("/", PAGE)
