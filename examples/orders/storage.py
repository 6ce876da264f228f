"""Where orders are kept: a SQLite file, and a transaction for each request.

The connection is a stage resource: opened on first need, closed when the stage ends. A transaction belongs to
the scope of one request: it is committed when the handler returns and rolled back when the handler fails.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, TypeVar

import attrs

from rostra import config, di
from rostra.clock import Clock

from .model import Bill, NewOrder, Order, State

Result = TypeVar("Result")
Row = tuple[Any, ...]

_LARGEST_NUMBER = 2**63 - 1
"""SQLite knows no larger one."""

_TABLES = (
    """
    create table if not exists orders (
        number integer primary key, item text not null, quantity integer not null,
        placed text not null, state text not null
    )
    """,
    "create table if not exists bills (number integer primary key, amount integer not null)",
)


@attrs.frozen
class StorageConfig(config.Config, section="storage"):
    """Where orders are kept."""

    path: str = ":memory:"
    """A file; or ``:memory:``, which is forgotten at the end."""


class Database:
    """One SQLite connection, used from one thread of its own so that the loop never waits for the disk.

    What was begun in the thread is finished there, also when the task that asked for it is cancelled; what is
    asked for next comes after it.
    """

    def __init__(self, connection: sqlite3.Connection, thread: ThreadPoolExecutor) -> None:
        self._connection = connection
        self._thread = thread
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        """Wait for our turn; commit what the body does, or take it back if the body fails."""
        async with self._turn:
            try:
                await self.rows("begin immediate")
                yield
            except BaseException:
                await _in(self._thread, self._connection.rollback)
                raise
            await _in(self._thread, self._connection.commit)

    async def rows(self, statement: str, *values: object) -> list[Row]:
        """Execute one statement and fetch what it gives."""
        return await _in(self._thread, lambda: self._connection.execute(statement, values).fetchall())


async def _in(thread: ThreadPoolExecutor, work: Callable[[], Result]) -> Result:
    return await asyncio.shield(asyncio.get_running_loop().run_in_executor(thread, work))


@di.adapter(lifetime="stage")
async def database(settings: StorageConfig) -> AsyncIterator[Database]:
    """The service's one database, with its tables."""
    with ThreadPoolExecutor(1, thread_name_prefix="orders-database") as thread:
        connection = await _in(thread, lambda: sqlite3.connect(settings.path, isolation_level=None))
        try:
            database = Database(connection, thread)
            for table in _TABLES:
                await database.rows(table)
            yield database
        finally:
            await _in(thread, connection.close)


class Orders:
    """The orders, as one transaction sees them."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def place(self, new: NewOrder) -> Order:
        """Keep a new order and give it a number."""
        values = new.item, new.quantity, self._clock.now().isoformat(), State.OPEN.value
        statement = "insert into orders (item, quantity, placed, state) values (?, ?, ?, ?) returning *"
        return _order(*(await self._database.rows(statement, *values))[0])

    async def get(self, number: int) -> Order | None:
        """The order of this number."""
        if not 0 < number <= _LARGEST_NUMBER:
            return None
        rows = await self._database.rows("select * from orders where number = ?", number)
        return _order(*rows[0]) if rows else None

    async def every(self, state: State | None = None) -> list[Order]:
        """All orders, or those in one state, oldest first."""
        statement = "select * from orders where ? is null or state = ? order by number"
        value = state.value if state else None
        return [_order(*row) for row in await self._database.rows(statement, value, value)]

    async def pay(self, number: int) -> Order | None:
        """Mark an open order as paid; None if there is no such open order."""
        if not 0 < number <= _LARGEST_NUMBER:
            return None
        statement = "update orders set state = 'paid' where number = ? and state = 'open' returning *"
        rows = await self._database.rows(statement, number)
        return _order(*rows[0]) if rows else None

    async def bill(self, bill: Bill) -> bool:
        """Keep a bill; whether there was none for this order yet."""
        statement = "insert or ignore into bills (number, amount) values (?, ?) returning number"
        return bool(await self._database.rows(statement, bill.number, bill.amount))

    async def bills(self) -> list[Bill]:
        """All bills, oldest order first."""
        return [Bill(*row) for row in await self._database.rows("select * from bills order by number")]

    async def expire(self, placed_before: datetime) -> int:
        """Close the open orders that are older; how many there were."""
        statement = "update orders set state = 'expired' where state = 'open' and placed < ? returning number"
        return len(await self._database.rows(statement, placed_before.isoformat()))


@di.adapter
async def orders(database: Database, clock: Clock) -> AsyncIterator[Orders]:
    """The orders for one scope, in one transaction."""
    async with database.transaction():
        yield Orders(database, clock)


def _order(number: int, item: str, quantity: int, placed: str, state: str) -> Order:
    return Order(number, item, quantity, datetime.fromisoformat(placed), State(state))
