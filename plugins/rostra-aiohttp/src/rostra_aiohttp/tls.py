"""Certificates: loaded, judged before anybody else does, and taken up anew when their files change.

A connection that exists keeps the certificate with which it began; new ones get the newest that is well.
"""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from rostra import log
from rostra.clock import Clock
from rostra.config import ConfigSource
from rostra.errors import ListenError
from rostra_aiohttp.settings import HttpConfig, TlsConfig

_LEAF_IS_ENOUGH = 0x80000
"""X509_V_FLAG_PARTIAL_CHAIN of OpenSSL, which Python 3.11 has no name for everywhere."""
_AT_ANY_TIME = 0x200000
"""X509_V_FLAG_NO_CHECK_TIME: the dates are judged here, by the clock of the stage."""
_HANDSHAKE_STEPS = 6

_log = log.get("rostra.http")


class UnusableError(ValueError):
    """A certificate is not to be served. Who loads it says whose it is.

    Args:
        setting: Which file is at fault: ``certificate`` or ``key``, or ``password``.
        reason: In words that hold nothing of the files.
    """

    def __init__(self, setting: str, reason: str) -> None:
        self.setting, self.reason = setting, reason
        super().__init__(f"{setting}: {reason}")


class Certificate:
    """The certificate that is served.

    Args:
        settings: Where its files are.
        now: By which its dates are judged.

    Raises:
        UnusableError: It is not to be served.
    """

    __slots__ = ("_current", "_seen", "_settings", "context", "until")

    def __init__(self, settings: TlsConfig, now: datetime) -> None:
        self._settings = settings
        self._seen = _stamps(settings)
        self._current, self.until = _loaded(settings, now)
        self.context = self._current
        self.context.sni_callback = self._hand_over

    def renew(self, now: datetime) -> bool:
        """Load the files again if they have changed.

        Returns:
            Whether there is a new certificate now.

        Raises:
            UnusableError: What has come is not to be served; the old one still is.
        """
        seen = _stamps(self._settings)
        if seen == self._seen:
            return False
        self._seen = seen
        self._current, self.until = _loaded(self._settings, now)
        return True

    def _hand_over(self, connection: Any, _name: str | None, _context: ssl.SSLContext) -> None:
        """Each handshake comes by here, also one that names no server."""
        connection.context = self._current


@contextlib.asynccontextmanager
async def certified(
    settings: HttpConfig, tls: TlsConfig, source: ConfigSource, clock: Clock
) -> AsyncIterator[ssl.SSLContext]:
    """The certificate of the settings, looked after while the body runs.

    Raises:
        ListenError: It cannot be served, and who said where it is.
    """
    served, every = _certificate(settings, tls, source, clock.now()), tls.check_every
    looking = (
        asyncio.create_task(_renewing(served, every, clock), name="http: certificates") if every else None
    )
    try:
        yield served.context
    finally:
        if looking is not None:
            looking.cancel()
            await asyncio.wait({looking})


def _certificate(settings: HttpConfig, tls: TlsConfig, source: ConfigSource, now: datetime) -> Certificate:
    try:
        return Certificate(tls, now)
    except UnusableError as error:
        problem = error
    raise _refused(problem, settings, tls, source)


async def _renewing(served: Certificate, every: float, clock: Clock) -> NoReturn:
    """Look after the files, again and again."""
    while True:
        await clock.sleep(every)
        try:
            is_new = await asyncio.to_thread(served.renew, clock.now())
        except UnusableError as error:
            _log.error("http.certificate_refused", setting=error.setting, reason=error.reason)
            continue
        if is_new:
            _log.info("http.certificate_renewed", until=_day(served.until))


def _stamps(settings: TlsConfig) -> tuple[Any, ...]:
    return tuple(_stamp(path) for path in (settings.certificate, settings.key) if path is not None)


def _stamp(path: Path) -> Any:
    """What differs when a file is another; mounted secrets are links that are turned over."""
    try:
        found = path.stat()
    except OSError as error:
        return error.errno
    return found.st_ino, found.st_mtime_ns, found.st_size


def _loaded(settings: TlsConfig, now: datetime) -> tuple[ssl.SSLContext, datetime | None]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    with _worded(settings):
        context.load_cert_chain(settings.certificate, settings.key, lambda: _password(settings))
    since, until = _dates(context, settings.certificate)
    if until is not None and until <= now:
        raise UnusableError("certificate", f"the certificate has expired on {_day(until)}")
    if since is not None and since > now:
        raise UnusableError("certificate", f"the certificate is valid from {_day(since)} only")
    return context, until


def _password(settings: TlsConfig) -> str:
    if settings.password is None:  # else OpenSSL would ask whoever sits at the terminal
        raise UnusableError("password", "the key is encrypted, and there is no password")
    return settings.password.reveal()


@contextlib.contextmanager
def _worded(settings: TlsConfig) -> Iterator[None]:
    """Say in our words why a certificate could not be loaded: OpenSSL's name no file."""
    try:
        yield
    except ssl.SSLError as error:
        problem = _at_fault(settings, is_mismatch=error.reason == "KEY_VALUES_MISMATCH")
    except OSError as error:
        problem = UnusableError(_unreadable(settings), error.strerror or "it cannot be read")
    else:
        return
    raise problem


def _at_fault(settings: TlsConfig, *, is_mismatch: bool) -> UnusableError:
    """What is wrong with files that can be read: OpenSSL says no more of most of it than that something is."""
    setting = "certificate" if settings.key is None else "key"
    if is_mismatch:
        return UnusableError(setting, "the key is not that of the certificate")
    if b"-----BEGIN CERTIFICATE-----" not in settings.certificate.read_bytes():
        return UnusableError("certificate", "it is no PEM file of a certificate")
    content = (settings.key or settings.certificate).read_bytes()
    if b"PRIVATE KEY-----" not in content:
        return UnusableError(setting, "it is no PEM file of a private key")
    if b"ENCRYPTED" in content:
        return UnusableError("password", "the password of the key is wrong")
    return UnusableError(setting, "OpenSSL cannot read it")


def _unreadable(settings: TlsConfig) -> str:
    try:
        settings.certificate.open("rb").close()
    except OSError:
        return "certificate"
    return "key"


def _dates(context: ssl.SSLContext, path: Path) -> tuple[datetime | None, datetime | None]:
    """From when and until when a certificate is valid, as a client sees that; None if no client could tell.

    Python's ssl reads a certificate for those only to whom it is shown, so it is shown here, to ourselves.
    """
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.load_verify_locations(path)
    client.verify_flags |= ssl.VerifyFlags(_LEAF_IS_ENOUGH) | ssl.VerifyFlags(_AT_ANY_TIME)
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking = client.wrap_bio(back, there)
    answering = context.wrap_bio(there, back, server_side=True)
    try:
        for side in (asking, answering) * _HANDSHAKE_STEPS:
            with contextlib.suppress(ssl.SSLWantReadError):
                side.do_handshake()
        found = asking.getpeercert() or {}
    except ssl.SSLError:
        return None, None
    return _moment(found.get("notBefore")), _moment(found.get("notAfter"))


def _moment(text: Any) -> datetime | None:
    return None if text is None else datetime.fromtimestamp(ssl.cert_time_to_seconds(text), UTC)


def _day(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment:%Y-%m-%d %H:%M} UTC"


def _refused(error: UnusableError, settings: HttpConfig, tls: TlsConfig, source: ConfigSource) -> ListenError:
    path = f"http.tls.{error.setting}"
    found = "" if error.setting == "password" else f" = {getattr(tls, error.setting)}"
    variable = source.variable(path) or f"with --env-prefix APP, APP_{path.upper().replace('.', '_')}"
    value = "..." if error.setting == "password" else f"/path/to/{error.setting}.pem"
    return ListenError(
        settings.host if settings.socket is None else str(settings.socket),
        settings.port if settings.socket is None else None,
        error.reason,
        (f"[http.tls] {error.setting}{found}, from {source.origin(path)}",),
        (
            "renew the files, or name others:",
            f"{variable}={value}",
            f"[http.tls] {error.setting} = {value} in a file of settings",
        ),
    )
