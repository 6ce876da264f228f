"""``rostra openapi``: print the OpenAPI document of what plugins answer."""

import json

from rostra import plugin
from rostra.cli import showing
from rostra_aiohttp.openapi import document
from rostra_aiohttp.openapi_pages import info_of
from rostra_aiohttp.settings import HttpConfig

_HELP = """Print the OpenAPI 3.1 document of what plugins answer over HTTP.

Plugins are prepared and looked at; no task is started, so neither a server nor a port is needed. Title, version and so
on are those of [http.openapi]; whether that is enabled does not matter here.

The exit code is that of rostra check, which also tells what keeps plugins from starting.
"""


def _shown(rehearsal: plugin.Rehearsal) -> str:
    settings = rehearsal.source.load(HttpConfig).openapi
    made = document(rehearsal.handlers.bound, info_of(settings), rehearsal.registry.names)
    return json.dumps(made, indent=2, ensure_ascii=False)


command = showing(_HELP, _shown)
