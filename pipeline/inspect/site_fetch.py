"""Files of sites from the network, for a re-check: few bytes, little time, and no address that is private."""

import http.client
import ipaddress
import socket
import ssl
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from urllib.parse import urljoin, urlsplit

from governance.reservations import tdmrep
from governance.reservations.robots import MAX_BYTES, read_robots
from governance.reservations.site_file import ROBOTS, SiteFile

MAX_REDIRECTS = 5
"""RFC 9309 asks for as many."""
TIMEOUT_SECONDS = 10.0
MAX_SECONDS = 30.0
"""Of all that is asked of one address."""
_AT_ONCE = 8
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_PIECE_BYTES = 1 << 16


class Unreachable(OSError):
    """A server does not answer, or leads somewhere that is not asked."""


@dataclass(frozen=True)
class Answer:
    """What a server says; content is empty unless the status is 200."""

    status: int
    content: bytes
    date: str | None
    """By the server's own clock, ISO 8601."""


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public Internet, what is wrapped in it too."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast


def user_agent() -> str:
    """Who asks, and why."""
    return f"rhizotron/{version('rhizotron')} (checks reservations against training; reads no pages)"


@dataclass(frozen=True)
class SiteFetcher:
    """Asks servers for the files of their sites."""

    allows_private: bool = False
    """Private addresses, too: of a test's own server."""

    def fetch(self, url: str) -> Answer:
        """Follows redirects; raises Unreachable."""
        deadline = time.monotonic() + MAX_SECONDS
        for _ in range(MAX_REDIRECTS + 1):
            status, headers, content = self._ask(url, deadline=deadline)
            if status in (301, 302, 303, 307, 308) and headers.get("Location"):
                url = urljoin(url, headers["Location"])
                continue
            return Answer(status, content, _iso_date(headers.get("Date")))
        raise Unreachable(f"{url}: more than {MAX_REDIRECTS} redirects")

    def _ask(self, url: str, *, deadline: float) -> tuple[int, http.client.HTTPMessage, bytes]:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Unreachable(f"{url[:200]}: no address of http or https")
        try:
            port = parts.port or (443 if parts.scheme == "https" else 80)
            plug = self._connect(parts.hostname, port=port)
        except (OSError, ValueError) as error:
            raise Unreachable(f"{url[:200]}: {error}") from error
        connection = http.client.HTTPConnection(parts.hostname, port)
        try:
            if parts.scheme == "https":
                plug = ssl.create_default_context().wrap_socket(plug, server_hostname=parts.hostname)
            connection.sock = plug
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request(
                "GET", path, headers={"User-Agent": user_agent(), "Accept-Encoding": "identity"}
            )
            response = connection.getresponse()
            content = _receive(response, deadline=deadline) if response.status == 200 else b""
            return response.status, response.headers, content
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Unreachable(f"{url[:200]}: {error!r}") from error
        finally:
            connection.close()
            plug.close()

    def _connect(self, host: str, *, port: int) -> socket.socket:
        """A connection to the address that was looked at, so that a name cannot change in between."""
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [str(each[4][0]) for each in found]
        refused = [address for address in addresses if not is_public(address)]
        if not addresses or (refused and not self.allows_private):
            raise Unreachable(f"{host} is at {', '.join(refused) or 'no address'}, which is not public")
        return socket.create_connection((addresses[0], port), timeout=TIMEOUT_SECONDS)

    def fetch_sites(self, sites: Iterable[str], *, unreachable: dict[str, str]) -> Iterator[SiteFile]:
        """The files of sites, several sites at a time; sites that do not answer are noted with the reason."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for site, files in pool.map(self._fetch_site, sites):
                if isinstance(files, str):
                    unreachable[site] = files
                else:
                    yield from files

    def _fetch_site(self, site: str) -> tuple[str, list[SiteFile] | str]:
        files: list[SiteFile] = []
        last = ""
        for scheme in ("https", "http"):
            try:
                robots = self.fetch(f"{scheme}://{site}{ROBOTS}")
                if robots.status >= 500:
                    raise Unreachable(f"status {robots.status}")
                well_known = self.fetch(f"{scheme}://{site}{tdmrep.WELL_KNOWN}")
            except Unreachable as error:
                last = str(error)
                continue
            if robots.status == 200:
                url = f"{scheme}://{site}{ROBOTS}"
                files.append(SiteFile(site, "robots", url, robots.date, robots.content))
                files += self._fetch_license(site, robots.content)
            if well_known.status == 200:
                url = f"{scheme}://{site}{tdmrep.WELL_KNOWN}"
                files.append(SiteFile(site, "tdmrep", url, well_known.date, well_known.content))
            return site, files
        return site, last

    def _fetch_license(self, site: str, robots: bytes) -> Iterator[SiteFile]:
        for _, url in read_robots(robots).licenses[:1]:
            try:
                answer = self.fetch(url)
            except Unreachable:
                continue
            if answer.status == 200:
                yield SiteFile(site, "rsl", url, answer.date, answer.content)


def _receive(response: http.client.HTTPResponse, *, deadline: float) -> bytes:
    """As much as is read of any file; a server that sends drop by drop does not hold the reader."""
    pieces: list[bytes] = []
    left = 2 * MAX_BYTES
    while left and (piece := response.read1(min(left, _PIECE_BYTES))):
        pieces.append(piece)
        left -= len(piece)
        if time.monotonic() > deadline:
            raise Unreachable(f"it took more than {MAX_SECONDS:.0f} s")
    return b"".join(pieces)


def _iso_date(value: str | None) -> str | None:
    try:
        return None if value is None else parsedate_to_datetime(value).strftime("%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        return None
