from rostra.fork.merging import Merged as Merged
from rostra.fork.merging import Series as Series
from rostra.fork.recycling import Recycling as Recycling
from rostra.fork.refusals import Refusal as Refusal
from rostra.fork.refusals import refusal as refusal
from rostra.fork.sockets import Bound as Bound
from rostra.fork.sockets import SocketAddress as SocketAddress
from rostra.fork.sockets import Sockets as Sockets
from rostra.fork.sockets import TcpAddress as TcpAddress
from rostra.fork.sockets import UnixAddress as UnixAddress
from rostra.fork.staging import stage as stage
from rostra.fork.uris import read_address as read_address
from rostra.fork.watching import Watched as Watched
from rostra.fork.worker import Balance as Balance
from rostra.fork.worker import Worker as Worker

__all__ = [
    "Balance",
    "Bound",
    "Merged",
    "Recycling",
    "Refusal",
    "Series",
    "SocketAddress",
    "Sockets",
    "TcpAddress",
    "UnixAddress",
    "Watched",
    "Worker",
    "read_address",
    "refusal",
    "stage",
]
