"""The table ``[http.openapi]``."""

from typing import Any, Literal

from rostra.config import field, frozen


def _check_path(_settings: Any, _field: Any, path: str) -> None:
    if not path.startswith("/") or "{" in path:
        raise ValueError("expected a path such as /openapi.json")


@frozen
class OpenApiConfig:
    """Whether the service describes itself, and as what.

    ::

        [http.openapi]
        enabled = true
        title = "Orders"
        version = "1.2"
    """

    enabled: bool = False
    """Whether the document and the page are served: to everybody who reaches the service."""
    path: str = field(default="/openapi.json", validator=_check_path)
    """Of the document."""
    page: str = field(default="/docs", validator=_check_path)
    """Of the page on which people read and try it."""
    title: str = "HTTP API"
    """Of the service."""
    version: str = "0"
    """Of the service."""
    description: str = ""
    """Of the service; CommonMark."""
    tags: Literal["module", "prefix"] = "module"
    """By what operations are grouped: the module or class of their handler, or the first part of their path."""
