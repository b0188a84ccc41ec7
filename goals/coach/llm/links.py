"""Which links of a model are kept: those under known lasting roots, and those that answer when looked up.

A look-up goes where a model said, and a model says what anybody talked it into. So it leaves this
machine for public addresses only: the name is resolved once, every address of it must be public,
the connection goes to one of just those (a second look-up could answer otherwise: DNS rebinding)
with the name in SNI, certificate and Host, and each redirect begins anew.
"""

import asyncio
import ipaddress
import re
import socket
import ssl
from collections.abc import Awaitable, Callable
from functools import cache, cached_property
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import httpx

LONGEST = 500
REDIRECTS = 3
SECONDS = 5.0  # of one link, all its redirects included
MOST_BYTES = 64 * 1024
AT_ONCE = 8
MOST_LOOKED_UP = 40  # of one roadmap; more than that are not kept
HOST = re.compile(
    r"(?=.{4,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])"
)

Resolve = Callable[[str], Awaitable[list[str]]]


@cache
def roots() -> tuple[str, ...]:
    lines = (Path(__file__).parent / "roots.txt").read_text(encoding="utf-8").splitlines()
    return tuple(text for line in lines if (text := line.strip()) and not text.startswith("#"))


def is_known(link: str) -> bool:
    """Whether the link is well formed and lies under a root."""
    return host_of(link) is not None and link.startswith(roots())


def host_of(link: str) -> str | None:
    """The host of a link that may be kept at all: https, a name, no port, no user, no tricks; or None."""
    if len(link) > LONGEST or not link.isascii() or not link.startswith("https://"):
        return None
    if any(char <= " " or char in '"<>\\^`{|}\x7f' for char in link):
        return None
    try:
        parts = urlsplit(link)
        host = parts.netloc.lower()
    except ValueError:
        return None
    climbs = any(part in (".", "..") for part in re.split(r"[/\\]", unquote(parts.path)))
    return host if HOST.fullmatch(host) and not climbs else None


def is_public(address: str) -> bool:
    """Whether the address is one of the public internet; what an IPv6 one carries has to be so too."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        inner = [ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())]
        if any(carried is not None and not is_public(str(carried)) for carried in inner):
            return False
        if ip.ipv4_mapped is not None:
            return True
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


async def resolve(host: str) -> list[str]:
    """The addresses that the system's resolver gives."""
    found = await asyncio.get_running_loop().getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(row[4][0]) for row in found))


class Links:
    """Looks links up. The parameters are for tests, in which a local server stands in for the internet."""

    def __init__(
        self,
        *,
        resolve: Resolve = resolve,
        public: Callable[[str], bool] = is_public,
        tls: ssl.SSLContext | None = None,
        port: int = 443,
        seconds: float = SECONDS,
    ) -> None:
        self._resolve, self._public, self._port, self._seconds = resolve, public, port, seconds
        self._given_tls = tls

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return self._given_tls or ssl.create_default_context()

    async def good(self, links: list[str]) -> frozenset[str]:
        """Those of the links that may be kept."""
        different = list(dict.fromkeys(links))
        known = {link for link in different if is_known(link)}
        others = [link for link in different if link not in known and host_of(link)]
        gate = asyncio.Semaphore(AT_ONCE)

        async def look(link):
            async with gate:
                return await self.answers(link)

        asked = others[:MOST_LOOKED_UP]
        found = await asyncio.gather(*(look(link) for link in asked))
        return frozenset(
            known | {link for link, is_there in zip(asked, found, strict=True) if is_there}
        )

    async def answers(self, link: str) -> bool:
        """Whether the link leads, by at most three redirects, to a page that is there. Never raises."""
        try:
            async with asyncio.timeout(self._seconds):
                for _ in range(REDIRECTS + 1):
                    status, location = await self._get(link)
                    if status not in (301, 302, 303, 307, 308):
                        return status == 200
                    link = urljoin(link, location)
        except (TimeoutError, OSError, ValueError, httpx.HTTPError, httpx.InvalidURL):
            return False
        return False

    async def _get(self, link: str) -> tuple[int, str]:
        """(status, Location) of one request, to one address that was looked at. Raises ValueError too."""
        host = host_of(link)
        if host is None:
            raise ValueError("not a link to look up")
        addresses = await self._resolve(host)
        if not addresses or not all(self._public(address) for address in addresses):
            raise ValueError("not a public address")
        address = f"[{addresses[0]}]" if ":" in addresses[0] else addresses[0]
        parts = urlsplit(link)
        target = f"https://{address}:{self._port}{parts.path or '/'}"
        # A client each time: its pool knows connections by address, and would take that of another name.
        async with (
            httpx.AsyncClient(verify=self._tls, trust_env=False, timeout=self._seconds) as client,
            client.stream(
                "GET",
                f"{target}?{parts.query}" if parts.query else target,
                headers={
                    "Host": host,
                    "User-Agent": "DoIt link check",
                    "Accept-Encoding": "identity",
                },
                extensions={"sni_hostname": host},
            ) as response,
        ):
            if response.status_code == 200:
                await _read_some(response)
            return response.status_code, response.headers.get("Location", "")


async def _read_some(response: httpx.Response) -> None:
    """The beginning of the body: a page that breaks off before is not there."""
    read = 0
    async for chunk in response.aiter_raw(16 * 1024):
        read += len(chunk)
        if read >= MOST_BYTES:
            return
