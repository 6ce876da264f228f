"""What the list of processes says: set by setproctitle where that is installed, as with ``rostra[setproctitle]``."""

from importlib import import_module


def set_title(title: str) -> None:
    """Be called ``title`` by ``ps``. Without setproctitle nothing happens."""
    try:
        library = import_module("setproctitle")
    except ModuleNotFoundError:
        return
    library.setproctitle(title.removesuffix(": "))
