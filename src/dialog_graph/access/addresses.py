"""Which addresses the server may call: the deny lists and the rules for host names (events rules §9.10).

No resolution and no connection here; `egress` does those and asks. The lists are written out because Python's own
idea of a global address lets multicast, translated and mapped addresses pass.
"""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias
from urllib.parse import urlsplit

from dialog_graph.errors import Refusal
from dialog_graph.settings import Settings

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

DENIED_IPV4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
ALLOWED_IPV6 = IPv6Network("2000::/3")
"""The only IPv6 block that may pass, minus `DENIED_IPV6`."""
DENIED_IPV6 = tuple(
    IPv6Network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
)
DENIED_NAMES = frozenset({"localhost", "local", "internal"})
"""Last labels that never name a public host."""
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1"})
"""What development may call by http and at any port."""
DEFAULT_PORTS = frozenset({443, 8443})
MAX_URL = 2048
MAX_HOST = 253

_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?\Z")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What one server may call. `own_hosts`: names that mean ourselves, our database, our blob store.

    `denied` and `allowed`: networks of the deployment; `allowed` opens internal networks and wins over every deny list.
    """

    is_development: bool = False
    ports: frozenset[int] = DEFAULT_PORTS
    own_hosts: frozenset[str] = frozenset()
    denied: tuple[Network, ...] = ()
    allowed: tuple[Network, ...] = ()


def blocked(expected: str) -> Refusal:
    """The refusal of an address. It tells the rule, never the address."""
    return Refusal(code="ADDRESS_BLOCKED", expected=expected)


NOT_PUBLIC = blocked("the address of a public host")


def parse_address(text: str) -> Address | None:
    """An address in its one canonical form; None for anything else, including scoped IPv6 addresses."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv4Address):
        return address if str(address) == text else None
    return None if address.scope_id else address


def _in_any(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address.version == network.version and address in network for network in networks)


def is_denied(address: Address, rules: Rules) -> bool:
    """True when no connection to this address may be made."""
    if _in_any(address, rules.allowed):
        return False
    if _in_any(address, rules.denied):
        return True
    if isinstance(address, IPv4Address):
        return _in_any(address, DENIED_IPV4)
    return address not in ALLOWED_IPV6 or _in_any(address, DENIED_IPV6)


def _looks_numeric(label: str) -> bool:
    return label.isdigit() or label.startswith("0x")


def _name_fault(host: str, rules: Rules) -> Refusal | None:
    labels = host.split(".")
    if len(host) > MAX_HOST or not _HOST.match(host) or not all(_LABEL.match(label) for label in labels):
        return blocked("a host name")
    if _looks_numeric(labels[-1]):
        return blocked("a host name, or an address in its usual form")
    if len(labels) == 1 or labels[-1] in DENIED_NAMES or host in rules.own_hosts:
        return NOT_PUBLIC
    return None


def host_fault(host: str, rules: Rules) -> Refusal | None:
    """What is wrong with a host as it stands in a URL: lower case, ASCII, IPv6 without brackets."""
    address = parse_address(host)
    if address is None:
        return _name_fault(host, rules)
    return NOT_PUBLIC if host in rules.own_hosts or is_denied(address, rules) else None


def is_own_loopback(host: str, rules: Rules) -> bool:
    """True for the development exception: an endpoint on this machine."""
    return rules.is_development and host in LOOPBACK_NAMES


def network(text: str) -> Network:
    """A network of the configuration. Raises ValueError."""
    return ip_network(text)


def _host_of(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").removesuffix(".")
    except ValueError:
        return ""


def rules_of(settings: Settings) -> Rules:
    """The rules of this server: its own address, its database and its doorbell are never called."""
    secrets = (settings.database_url, settings.database_owner_url, settings.database_dispatch_url, settings.nats_url)
    addresses = [settings.public_url, *(secret.get_secret_value() for secret in secrets if secret is not None)]
    return Rules(
        is_development=settings.is_development,
        ports=frozenset(settings.webhook_ports),
        own_hosts=frozenset(host for address in addresses if (host := _host_of(address))),
    )
