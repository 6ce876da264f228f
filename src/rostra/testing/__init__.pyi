from rostra.clock import ManualClock as ManualClock
from rostra.testing import contract as contract
from rostra.testing.journal import Journal as Journal
from rostra.testing.journal import checkpoint as checkpoint
from rostra.testing.proxy import TcpProxy as TcpProxy

__all__ = ["Journal", "ManualClock", "TcpProxy", "checkpoint", "contract"]
