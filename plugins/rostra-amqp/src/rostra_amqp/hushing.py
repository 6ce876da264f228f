"""What aiormq says in the log that rostra has said already, or says better: what becomes of a connection, told at every try.

The rest is let through, and all of it where ``[logging] levels = {aiormq = "debug"}`` asks for everything.
"""

import logging

_TOLD = (
    "error when creating transport",  # of which a link tells what changes
    "Cancelling cause reader exited abnormally",
    "Unexpected connection close from remote",
    "Server connection %r was stuck",
    "Connection %r was blocked",
    "Connection %r was unblocked",
    "Consumer %r cancelled by the broker",
    "Closing channel",  # as happens whenever a connection is left
    "Got frame for closed channel",
)


def hush() -> None:
    """Let aiormq's loggers say what is news."""
    for name in ("aiormq.connection", "aiormq.channel"):
        logging.getLogger(name).addFilter(_is_news)


def _is_news(record: logging.LogRecord) -> bool:
    return not str(record.msg).startswith(_TOLD) or logging.getLogger(record.name).isEnabledFor(logging.DEBUG)
