"""Do two addresses get the same connections? ``tcp://:8080`` has those of ``tcp://[::1]:8080``, too."""

from ipaddress import ip_address

from rostra.fork.sockets import SocketAddress, UnixAddress


def overlap(one: SocketAddress, other: SocketAddress) -> bool:
    """Whether some connections would be for both. Hosts are numeric."""
    if isinstance(one, UnixAddress) or isinstance(other, UnixAddress) or not one.port == other.port > 0:
        return False
    hosts = ip_address(one.host), ip_address(other.host)
    is_either_all = any(each.is_unspecified for each in hosts)
    return hosts[0].version == hosts[1].version and (hosts[0] == hosts[1] or is_either_all)


def covers(one: SocketAddress, other: SocketAddress) -> bool:
    """Whether who listens at one gets whatever comes to the other, for the same server. Hosts are numeric."""
    if one.name != other.name:
        return False
    if isinstance(one, UnixAddress) or isinstance(other, UnixAddress):
        return isinstance(one, UnixAddress) and isinstance(other, UnixAddress) and one.path == other.path
    host = ip_address(one.host)
    return overlap(one, other) and (host.is_unspecified or host == ip_address(other.host))
