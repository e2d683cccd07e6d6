# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The list of front doors, for those who want to come in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator.dataplane.picture import Listener, Picture
    from simulator.dataplane.sites import Site


def directory(picture: Picture, ports: dict[str, int]) -> list[dict[str, Any]]:
    """The doors that are open; `ports` by listener ARN and by `DISTRIBUTION:PORT`."""
    listeners = [_shown_listener(one, ports[one.arn]) for one in picture.listeners.values() if one.arn in ports]
    distributions = [
        _shown_site(site, outside, scheme, ports[f"{site.identifier}:{outside}"])
        for site in picture.sites.values()
        for outside, scheme in ((443, "https"), (80, "http"))
        if f"{site.identifier}:{outside}" in ports
    ]
    return listeners + distributions


def _url(scheme: str, hostnames: tuple[str, ...], port: int) -> str:
    return f"{scheme}://{hostnames[0]}.localhost:{port}/"


def _shown_listener(listener: Listener, port: int) -> dict[str, Any]:
    own = str(listener.balancer["DNSName"]).lower()
    hosts = [
        value
        for rule in listener.rules
        for condition in rule.conditions
        if condition["Field"] == "host-header"
        for value in condition["HostHeaderConfig"]["Values"]
        if "*" not in value and "?" not in value
    ]
    led = [name for name in listener.hostnames if name != own]
    hostnames = tuple(dict.fromkeys([*hosts, *led, own]))
    return {
        "kind": "load_balancer",
        "name": listener.balancer["LoadBalancerName"],
        "account": listener.account,
        "region": listener.region,
        "hostnames": list(hostnames),
        "listener_port": listener.port,
        "port": port,
        "url": _url("https" if listener.secure else "http", hostnames, port),
        "not_evaluated": list(listener.acl.not_evaluated) if listener.acl else [],
    }


def _shown_site(site: Site, outside: int, scheme: str, port: int) -> dict[str, Any]:
    return {
        "kind": "distribution",
        "name": site.identifier,
        "account": site.account,
        "region": "",
        "hostnames": list(site.hostnames),
        "listener_port": outside,
        "port": port,
        "url": _url(scheme, site.hostnames, port),
        "not_evaluated": list(site.acl.not_evaluated) if site.acl else [],
    }
