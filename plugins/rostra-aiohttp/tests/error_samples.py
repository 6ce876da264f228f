"""One instance of each error of this plugin, whose whole text stands in the README."""

from rostra_aiohttp import ListenError, SocketClosedError

SAMPLES = (
    ListenError(
        "127.0.0.1",
        8080,
        "another process listens there already",
        ("[http] port = 8080, from config.toml",),
        (
            "stop that process, or listen elsewhere; port 0 takes any that is free:",
            "--set http.port=8081",
            "APP_HTTP_PORT=8081",
            "[http] port = 8081 in a file of settings",
        ),
    ),
    SocketClosedError("/chat/green", 1006, "it took nothing for 30s"),
)
