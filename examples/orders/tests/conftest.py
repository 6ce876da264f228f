import pytest

from rostra_aiohttp.testing import http_client, http_server

__all__ = ["http_client", "http_server"]


@pytest.fixture
def rostra_config_source() -> dict[str, dict[str, object]]:
    """The settings of each test: any free port, and a database that is forgotten."""
    return {"http": {"port": 0}, "shop": {"name": "The test shop", "largest_quantity": 10}}
