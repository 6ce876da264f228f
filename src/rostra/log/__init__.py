"""What does a log line look like? An event and its keys, as text for people or as JSON for machines."""

from rostra.log.logger import Logger, get

__all__ = ["Logger", "get"]
