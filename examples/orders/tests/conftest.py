import pytest

from rostra_aiohttp.testing import http_client, http_server
from rostra_messaging.testing import messages

__all__ = ["http_client", "http_server", "messages"]


@pytest.fixture
def rostra_config_source() -> dict[str, dict[str, object]]:
    """The settings of each test: any free port, and a database that is forgotten."""
    return {
        "http": {"port": 0},
        "shop": {"name": "The test shop", "largest_quantity": 10},
        "billing": {"price": 100, "largest_amount": 500},
    }
