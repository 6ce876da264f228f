"""Tables of the settings are values like any frozen class of attrs, though they share what they do."""

import attrs
import pytest

from rostra.config import Secret
from rostra_aiohttp import HttpConfig
from rostra_aiohttp.settings import CompressionConfig, TlsConfig, UploadConfig


def test_tables_that_say_the_same_are_equal():
    assert HttpConfig(port=1) == HttpConfig(port=1)
    assert hash(UploadConfig(parts=1)) == hash(UploadConfig(parts=1))
    assert HttpConfig(port=1) != HttpConfig(port=2)
    assert HttpConfig() != HttpConfig(compression=CompressionConfig(enabled=True))


def test_a_table_is_equal_to_none_of_another_kind():
    assert UploadConfig() != CompressionConfig()
    assert UploadConfig() != attrs.astuple(UploadConfig())


def test_a_table_shows_what_it_says_and_no_secret(tmp_path):
    shown = repr(TlsConfig(tmp_path / "cert.pem", password=Secret("planted")))

    assert shown.startswith(
        f"TlsConfig(certificate={tmp_path / 'cert.pem'!r}, key=None, password=Secret(***), "
    )
    assert "planted" not in shown


def test_a_table_does_not_change():
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        HttpConfig().port = 1  # type: ignore[misc]
