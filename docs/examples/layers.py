"""Components in two layers: the nearest one is found, and a layer is gone with its block."""

from rostra import context


class Store:
    """Where things are kept."""

    def __init__(self, where: str) -> None:
        self.where = where


class DiskStore(Store):
    """Found as a ``DiskStore`` and as a ``Store``."""


with context.child("service"):
    context.add(DiskStore("disk"))
    context.add(Store("backup"), name="backup")

    with context.child("request"):
        context.add(Store("memory"))
        assert context.get(Store).where == "memory"
        assert context.get(DiskStore).where == "disk"

    assert context.get(Store).where == "disk"
    assert context.get(Store, name="backup").where == "backup"
    assert set(context.find(Store)) == {None, "backup"}
