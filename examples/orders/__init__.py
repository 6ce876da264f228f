"""Orders: a small service of several plugins.

``rostra run examples/orders`` serves it. This plugin only says what the service is made of; each part is a
plugin of its own: where orders are kept, how they are reached over HTTP, what becomes of forgotten ones, and how the
others are billed.
"""

from rostra import plugin


async def prepare(load: plugin.Loader) -> None:
    """Load the parts, whose names are relative to this package."""
    await load(".storage", ".routes", ".expiry", ".billing")
