"""Which links of a model are kept. A local resolver and certificate authority stand in for the internet."""

import asyncio
import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import trustme

from goals.coach.llm.links import Links, host_of, is_known, is_public, roots

NAMES = ("good.example.org", "other.example.org", "rebinding.example.org")
PUBLIC, PRIVATE = "127.0.0.1", "127.0.0.2"  # 127.0.0.2 stands for a private network


class Web:
    """An HTTPS server with certificates for NAMES, and the resolver that leads there."""

    def __init__(self):
        self.asked: list[tuple[str, str, str]] = []  # (address reached, Host, path)
        self.resolved: list[str] = []
        self.addresses: dict[str, list[list[str]]] = {}
        authority = trustme.CA()
        self.client_tls = ssl.create_default_context()
        authority.configure_trust(self.client_tls)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(*NAMES).configure_cert(tls)
        web = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                web._serve(self)

            def log_message(self, *args):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            address_family = socket.AF_INET

            def handle_error(self, request, client_address):
                pass  # a client that does not like the certificate, or hangs up

        self._server = Server(("0.0.0.0", 0), Handler)
        self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        self.links = Links(
            resolve=self._resolve,
            public=lambda address: address == PUBLIC,
            tls=self.client_tls,
            port=self._server.server_address[1],
            seconds=1.0,
        )

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    async def _resolve(self, host):
        self.resolved.append(host)
        answers = self.addresses.get(host)
        if answers:
            return answers.pop(0) if len(answers) > 1 else answers[0]
        if host.endswith("example.org"):
            return [PUBLIC]
        raise OSError("no such name")

    def _serve(self, handler):
        address = handler.connection.getsockname()[0]
        self.asked.append((address, handler.headers["Host"], handler.path))
        path = handler.path
        if path.startswith("/to?"):
            handler.send_response(302)
            handler.send_header("Location", path.removeprefix("/to?"))
            handler.end_headers()
        elif path == "/loop":
            handler.send_response(301)
            handler.send_header("Location", "/loop")
            handler.end_headers()
        elif path == "/slow":
            threading.Event().wait(3)
        elif path == "/endless":
            handler.send_response(200)
            handler.end_headers()
            while True:
                handler.wfile.write(b"x" * 16384)
        elif path == "/broken":
            handler.send_response(200)
            handler.send_header("Content-Length", "1000")
            handler.end_headers()
            handler.wfile.write(b"half")
        else:
            handler.send_response(404 if path == "/gone" else 200)
            handler.send_header("Content-Length", "2")
            handler.end_headers()
            handler.wfile.write(b"ok")


@pytest.fixture(scope="module")
def _web():
    web = Web()
    yield web
    web.close()


@pytest.fixture
def web(_web):
    _web.asked, _web.resolved, _web.addresses = [], [], {}
    return _web


def answers(web, link):
    return asyncio.run(web.links.answers(link))


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/page",
        "/page?q=1#part",
        "/endless",
        "/to?/page",
        "/to?https://other.example.org/x",
    ],
)
def test_a_page_that_is_there(web, path):
    assert answers(web, f"https://good.example.org{path}")
    assert {address for address, _, _ in web.asked} == {PUBLIC}
    assert {host for _, host, _ in web.asked} <= set(NAMES)


@pytest.mark.parametrize("path", ["/gone", "/loop", "/slow", "/broken"])
def test_a_page_that_is_not(web, path):
    assert not answers(web, f"https://good.example.org{path}")


def test_the_name_is_that_of_the_certificate(web):
    """A server that has no certificate of the name does not speak for it."""
    assert not answers(web, "https://unnamed.example.org/")
    assert web.asked == []


def test_without_our_authority_nothing_is_trusted(web):
    """The broken twin of the test's own set-up: the certificates are really checked."""
    strict = Links(resolve=web._resolve, public=lambda a: True, port=web.links._port, seconds=1.0)
    assert not asyncio.run(strict.answers("https://good.example.org/"))


@pytest.mark.parametrize("addresses", [[PRIVATE], [PUBLIC, PRIVATE], []])
def test_a_name_with_an_address_that_is_not_public_is_not_asked(web, addresses):
    web.addresses["good.example.org"] = [addresses]
    assert not answers(web, "https://good.example.org/")
    assert web.asked == []


@pytest.mark.parametrize(
    "target",
    [
        "https://inner.example.org/",
        "http://good.example.org/",
        "https://127.0.0.2/",
        "https://good.example.org:8443/",
        "https://me:pw@good.example.org/",
        "file:///etc/passwd",
        "//inner.example.org/",
    ],
)
def test_each_redirect_is_looked_at_anew(web, target):
    web.addresses["inner.example.org"] = [[PRIVATE]]
    assert not answers(web, f"https://good.example.org/to?{target}")
    assert [host for _, host, _ in web.asked] == ["good.example.org"]


def test_a_name_is_resolved_once_and_the_connection_goes_there(web):
    """DNS rebinding: a second look-up would lead into the private network."""
    web.addresses["rebinding.example.org"] = [[PUBLIC], [PRIVATE]]
    assert answers(web, "https://rebinding.example.org/")
    assert web.resolved == ["rebinding.example.org"]
    assert [address for address, _, _ in web.asked] == [PUBLIC]


def test_looking_twice_would_be_led_astray(web):
    """The broken twin: check one answer of the resolver, connect to the next."""
    web.addresses["rebinding.example.org"] = [[PUBLIC], [PRIVATE]]

    async def naive():
        checked = await web._resolve("rebinding.example.org")
        assert all(map(web.links._public, checked))
        return (await web._resolve("rebinding.example.org"))[0]

    assert asyncio.run(naive()) == PRIVATE


def test_of_a_roadmap_only_good_links_stay(web):
    found = asyncio.run(
        web.links.good(
            [
                "https://docs.python.org/3/library/re.html",
                "https://good.example.org/page",
                "https://good.example.org/gone",
                "http://good.example.org/page",
                "https://docs.python.org.example.com/",
                "javascript:alert(1)",
                "not a link",
            ]
        )
    )
    assert found == {"https://docs.python.org/3/library/re.html", "https://good.example.org/page"}
    assert "docs.python.org" not in web.resolved


@pytest.mark.parametrize(
    "link",
    [
        "http://docs.python.org/",
        "https://docs.python.org",
        "https://docs.python.org@evil.example/",
        "https://docs.python.org.evil.example/",
        "https://docs.python.org:444/",
        "https://go.dev/doc/../x",
        "https://go.dev/doc/%2e%2e/x",
        "https://docs.python.org/\\evil",
        "https://docs.python.org/a b",
        "https://docs.python.org/" + "x" * 500,
        "https://docs.python.örg/",
    ],
)
def test_what_only_looks_as_if_it_lay_under_a_root(link):
    assert not is_known(link)


def test_roots_are_well_formed():
    assert len(roots()) > 20
    for root in roots():
        assert root.endswith("/")
        assert host_of(root)


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1", "127.0.0.1", "169.254.169.254", "172.16.0.1", "192.168.1.1", "100.64.0.1", "0.0.0.0",
        "224.0.0.1", "255.255.255.255", "240.0.0.1", "192.0.2.1", "::1", "::", "fe80::1", "fc00::1", "ff02::1",
        "::ffff:10.0.0.1", "2002:0a00:0001::1", "64:ff9b::a00:1", "2001:db8::1",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"]
)
def test_addresses_that_are(address):
    assert is_public(address)
