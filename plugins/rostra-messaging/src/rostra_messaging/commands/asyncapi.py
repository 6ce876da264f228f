"""``rostra asyncapi``: print the AsyncAPI document of the messages of plugins."""

import json

from rostra import plugin
from rostra.cli import showing
from rostra_messaging.asyncapi.stage import document_of
from rostra_messaging.settings import MessagingConfig

_HELP = """Print the AsyncAPI 3.0 document of the messages that plugins take and send.

Plugins are prepared and looked at; no task is started, so no broker is needed. Title, version and description are those
of [messaging.asyncapi]. The exit code is that of rostra check, which also tells what keeps plugins from starting.
"""


def _shown(rehearsal: plugin.Rehearsal) -> str:
    made = document_of(rehearsal.components, rehearsal.source.load(MessagingConfig))
    return json.dumps(made, indent=2, ensure_ascii=False)


command = showing(_HELP, _shown)
