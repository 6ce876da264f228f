"""What do other servers call an option that we have not, and how is the same said here?"""

__all__ = ["meant"]

_SETTINGS = {
    ("--port", "-p"): "To listen on another port: --set http.port=8081",
    ("--host", "--listen"): "To listen elsewhere: --set http.host=0.0.0.0",
    ("--log-level", "--verbose", "-v", "--debug"): "To log more: --set logging.level=debug",
    ("--reload",): "To start anew when code was saved: rostra run --watch",
    ("--env-file",): "A file of variables is read as any other: --config .env, with --env-prefix APP",
    (
        "--timeout-graceful-shutdown",
        "--graceful-timeout",
    ): "How long a stop may take: rostra run --stop-timeout",
}


def meant(option: str) -> str | None:
    """How rostra says it; None for options that are well known nowhere."""
    return next((here for names, here in _SETTINGS.items() if option in names), None)
