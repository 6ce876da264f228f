"""An address of its own for those who look after the service: probes, and whatever is registered for it."""

from aiohttp import web


class Admin:
    """Where to put what is not for everybody. A component of the stage.

    ::

        admin = await di.nject(Admin)
        admin.application.router.add_get("/metrics", metrics)

    Args:
        application: Served on ``[http.admin]``; without that section it is the application that all see.
        is_apart: Whether it is another than that.
    """

    __slots__ = ("application", "is_apart")

    def __init__(self, application: web.Application, *, is_apart: bool) -> None:
        self.application = application
        self.is_apart = is_apart
