"""Distributions with resolvers of secrets, as tests install them: for ``importable``, or for a folder of a process.

``vault`` gives ``<reference>`` for most references and does what others say; it reads ``[vault]``. ``hang`` hangs while it
is asked, ``shut`` while it is opened, ``stuck`` while it is closed; ``deaf`` ignores its cancellation until ``let_go``.
"""

SECRET = "hunter2-in-the-exception"

MODULE = f'''
import asyncio
import os
from contextlib import asynccontextmanager

import attrs

from rostra import config

journal = []
arrived = asyncio.Event()
let_go = asyncio.Event()
at_once = []
meeting = []


@attrs.frozen
class VaultConfig(config.Config, section="vault"):
    token: config.Secret[str] = config.Secret("")
    url: str = "https://vault.example"


@asynccontextmanager
async def vault(source: config.ConfigSource):
    settings = source.load(VaultConfig)
    journal.append(f"opened {{settings.url}} with {{settings.token.reveal()}}")

    async def resolve(reference):
        journal.append(reference)
        match reference:
            case "none":
                raise LookupError({SECRET!r})
            case "denied":
                raise PermissionError({SECRET!r})
            case "reset":
                raise ConnectionResetError(104, {SECRET!r})
            case "number":
                return 3
            case "empty":
                return ""
            case "wrong":
                try:
                    raise ValueError({SECRET!r})
                except ValueError as error:
                    raise config.ConfigError("the vault is not set up") from error
            case "cancelled":
                raise asyncio.CancelledError
        return f"<{{reference}}>"

    try:
        yield resolve
    finally:
        journal.append("closed")


@asynccontextmanager
async def hang(source):
    async def resolve(reference):
        arrived.set()
        if "SAY_WHEN_ASKED" in os.environ:
            print("asked", flush=True)
        if let_go.is_set():
            return "at last"
        await asyncio.Event().wait()

    try:
        yield resolve
    finally:
        journal.append("hang closed")


@asynccontextmanager
async def shut(source):
    await asyncio.Event().wait()
    yield


@asynccontextmanager
async def stuck(source):
    async def resolve(reference):
        return reference

    yield resolve
    await asyncio.Event().wait()


@asynccontextmanager
async def deaf(source):
    async def resolve(reference):
        while not let_go.is_set():
            try:
                await let_go.wait()
            except asyncio.CancelledError:
                journal.append("deaf")

    yield resolve


@asynccontextmanager
async def crowd(source):
    """Lets nobody go before three are there, and counts them."""
    barrier = asyncio.Barrier(3)

    async def resolve(reference):
        at_once.append(1 + (at_once[-1] if at_once else 0))
        await barrier.wait()
        at_once.append(at_once[-1] - 1)
        return reference

    yield resolve


@asynccontextmanager
async def broken(source):
    raise ValueError({SECRET!r})
    yield


@asynccontextmanager
async def unclosable(source):
    async def resolve(reference):
        return reference

    yield resolve
    raise ValueError({SECRET!r})
'''

ENTRY_POINTS = """
[rostra.secrets]
vault = vaults_of_tests:vault
hang = vaults_of_tests:hang
shut = vaults_of_tests:shut
stuck = vaults_of_tests:stuck
deaf = vaults_of_tests:deaf
crowd = vaults_of_tests:crowd
broken = vaults_of_tests:broken
unclosable = vaults_of_tests:unclosable
missing = no_such_module_of_tests:open
"""

FILES = {
    "vaults_of_tests.py": MODULE,
    "vaults-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: vaults\nVersion: 1\n",
    "vaults-1.dist-info/entry_points.txt": ENTRY_POINTS,
}
