"""A RabbitMQ of one's own: a node on free ports of this machine, with its own folder, that may be killed and started again.

It needs no service, no root and no account: the programs of an installed RabbitMQ are run as this user, with everything
they keep (queues, log, cookie) below one folder. Everything here blocks, and is meant for fixtures.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

_PLACES = ("/usr/lib/rabbitmq/bin", "/usr/local/sbin")
_PATIENCE = 90.0
"""Seconds for a start on a busy machine; an idle one needs five."""
_PAUSE = 0.05
MOST_BYTES = 16 * 2**20
"""Of a message, as RabbitMQ 4 has it by default; older ones take eight times as much."""
_COOKIE = "a node of tests that nobody else can reach"


def programs() -> Path | None:
    """The folder of RabbitMQ's own programs; None if it is not installed.

    Debian's wrappers on the PATH run as the user rabbitmq only, so the folder behind them is preferred.
    """
    wrapper = shutil.which("rabbitmq-server", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    places = [*map(Path, _PLACES), *([Path(wrapper).parent] if wrapper else [])]
    return next((place for place in places if (place / "rabbitmq-server").is_file()), None)


class RabbitNode:
    """A RabbitMQ node; start it before use, stop it at the end. It takes messages of 16 MiB at most, as RabbitMQ 4 does.

    Args:
        folder: For all that it keeps; made if missing.
        environment: Further variables for its programs.

    Attributes:
        port: On which it speaks AMQP, on 127.0.0.1; the same after each start.
        url: With the account that a new node has.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str] | None = None) -> None:
        found = programs()
        if found is None:
            raise FileNotFoundError(
                "rabbitmq-server", "RabbitMQ is not installed; apt-get install rabbitmq-server"
            )
        self.folder = folder
        self._programs = found
        self.port, self._dist_port, self._epmd_port = _free_ports(3)
        self.url = f"amqp://guest:guest@127.0.0.1:{self.port}/"
        self._more = dict(environment or {})
        self._epmd: subprocess.Popen[bytes] | None = None
        self._server: subprocess.Popen[bytes] | None = None
        self._heir: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Of the server; None while there is none."""
        return self._server.pid if self._server is not None else None

    def start(self) -> None:
        """Start it, and return when it serves.

        Raises:
            RuntimeError: It did not get to serve; the end of its log is in the text.
        """
        self._prepare_folder()
        self._start_epmd()
        with (self.folder / "output.log").open("ab") as output:
            self._server = subprocess.Popen(  # noqa: S603  (RabbitMQ's own programs)
                [self._programs / "rabbitmq-server"],
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self._leave_to_heir()
        self._wait()

    def kill(self) -> None:
        """Kill it as a power cut does; what it has on disk stays."""
        if self._server is None:
            return
        self._dismiss_heir()
        os.killpg(self._server.pid, signal.SIGKILL)  # with the small processes that it keeps
        self._server.wait()
        self._server = None

    def restart(self) -> None:
        """Kill it, and start it again with the same folder and ports."""
        self.kill()
        self.start()

    def stop(self) -> None:
        """End it and everything it started."""
        self.kill()
        if self._epmd is not None:
            self._epmd.kill()
            self._epmd.wait()
            self._epmd = None

    def ctl(self, *arguments: str) -> str:
        """What ``rabbitmqctl`` prints when called so.

        Raises:
            subprocess.CalledProcessError: It refused.
        """
        done = subprocess.run(  # noqa: S603
            [self._programs / "rabbitmqctl", "--quiet", *arguments],
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=True,
        )
        return done.stdout

    def _prepare_folder(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        cookie = self.folder / ".erlang.cookie"
        if not cookie.exists():
            cookie.write_text(_COOKIE.replace(" ", "-"))
            cookie.chmod(0o400)
        (self.folder / "enabled_plugins").write_text("[].\n")
        (self.folder / "rabbitmq.conf").write_text(
            f"listeners.tcp.1 = 127.0.0.1:{self.port}\n"
            "loopback_users = none\n"
            "disk_free_limit.absolute = 50MB\n"
            f"max_message_size = {MOST_BYTES}\n"
            "log.file.level = warning\n"
            "log.console = false\n"
        )

    def _environment(self) -> dict[str, str]:
        """Nothing of another node's, everything of this one's."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("RABBITMQ_")}
        own = {
            "HOME": self.folder,
            "ERL_EPMD_PORT": self._epmd_port,
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"rostra{self.port}@localhost",
            "RABBITMQ_DIST_PORT": self._dist_port,
            "RABBITMQ_NODE_PORT": self.port,
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_CONF_ENV_FILE": self.folder / "none.conf",
            "RABBITMQ_CONFIG_FILE": self.folder / "rabbitmq.conf",
            "RABBITMQ_ADVANCED_CONFIG_FILE": self.folder / "none.config",
            "RABBITMQ_ENABLED_PLUGINS_FILE": self.folder / "enabled_plugins",
            "RABBITMQ_MNESIA_BASE": self.folder / "mnesia",
            "RABBITMQ_LOG_BASE": self.folder / "log",
            "RABBITMQ_GENERATED_CONFIG_DIR": self.folder / "generated",
            "RABBITMQ_SCHEMA_DIR": self.folder / "schema",
            "RABBITMQ_CTL_DIST_PORT_MIN": 0,
            "RABBITMQ_CTL_DIST_PORT_MAX": 0,
        }
        return inherited | {name: str(value) for name, value in own.items()} | self._more

    def _start_epmd(self) -> None:
        """The directory of Erlang's nodes: one of our own, else the server would leave one behind that nobody ends."""
        if self._epmd is not None:
            return
        program = shutil.which("epmd") or "epmd"
        self._epmd = subprocess.Popen(  # noqa: S603
            [program, "-port", str(self._epmd_port), "-address", "127.0.0.1"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        _until(lambda: _answers(self._epmd_port), "epmd does not answer", self._epmd)

    def _leave_to_heir(self) -> None:
        """A process that ends the node when this one dies without doing so: the end of a pipe tells it."""
        assert self._server is not None  # noqa: S101  (both were just started)
        assert self._epmd is not None  # noqa: S101
        program = f"read _; kill -9 -{self._server.pid}; kill -9 {self._epmd.pid}"
        self._heir = subprocess.Popen(  # noqa: S603
            ["/bin/sh", "-c", program],
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _dismiss_heir(self) -> None:
        if self._heir is not None:
            self._heir.kill()
            self._heir.communicate()
            self._heir = None

    def _wait(self) -> None:
        assert self._server is not None  # noqa: S101
        try:
            _until(lambda: _speaks_amqp(self.port), "RabbitMQ does not answer", self._server)
        except RuntimeError as error:
            output = (self.folder / "output.log").read_text(errors="replace")[-2000:]
            logs = "".join(log.read_text(errors="replace")[-2000:] for log in self.folder.glob("log/*.log"))
            self.kill()
            raise RuntimeError(f"{error}\n{output}\n{logs}") from None


def _until(holds: Callable[[], bool], otherwise: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _PATIENCE
    while not holds():
        if process.poll() is not None:
            raise RuntimeError(f"{otherwise}: it ended with code {process.returncode}")
        if time.monotonic() > end:
            raise RuntimeError(f"{otherwise} within {_PATIENCE:g} s")
        time.sleep(_PAUSE)


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def _speaks_amqp(port: int) -> bool:
    """Whether a server answers that knows AMQP 0-9-1: its first frame is a method on channel 0."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.sendall(b"AMQP\x00\x00\x09\x01")
            return connection.recv(3) == b"\x01\x00\x00"
    except OSError:
        return False


def _free_ports(count: int) -> list[int]:
    """Ports that are free now, all different."""
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
