"""The guarded fetcher: what it fetches, what it sends, and that it connects to what it checked."""

from __future__ import annotations

import asyncio
import io
import socket
from collections.abc import Iterator, Sequence
from ipaddress import ip_address

import pytest
from yarl import URL

from generation.upstream.addresses import IPAddress, is_public
from generation.upstream.fetch import Fetched, FetchFailed, FetchPolicy, fetch_image_file, guarded_socket
from generation.upstream.web_address import parse_address
from tests.generation.hostile_pictures import picture
from tests.generation.picture_servers import ForbiddenServer, PictureServer

OURS = ip_address("127.0.0.2")  # plays a public address


@pytest.fixture
def server() -> Iterator[PictureServer]:
    with PictureServer() as running:
        yield running


@pytest.fixture
def public_server() -> Iterator[PictureServer]:
    with PictureServer(str(OURS)) as running:
        yield running


@pytest.fixture
def neighbours() -> Iterator[tuple[PictureServer, ForbiddenServer]]:
    """Two servers on one port of two addresses; it is drawn where other tests have their servers, so it is free."""
    with ForbiddenServer("127.0.0.1") as forbidden, PictureServer(str(OURS), forbidden.port) as public:
        yield public, forbidden


def fetch(url: str, policy: FetchPolicy) -> tuple[bytes, Fetched]:
    out = io.BytesIO()
    fetched = asyncio.run(fetch_image_file(url, into=out, policy=policy))
    return out.getvalue(), fetched


def allowing(*hosts: str) -> FetchPolicy:
    return FetchPolicy(allow_hosts=frozenset(hosts), total_s=5)


class ChangingNames:
    """A DNS server that gives each answer once, the last for ever."""

    def __init__(self, *answers: str) -> None:
        self.answers = [ip_address(answer) for answer in answers]
        self.asked = 0

    async def __call__(self, host: str, port: int) -> Sequence[IPAddress]:
        self.asked += 1
        return [self.answers[min(self.asked, len(self.answers)) - 1]]

    def policy(self) -> FetchPolicy:
        return FetchPolicy(total_s=5, resolve=self, is_public=lambda address: address == OURS or is_public(address))


def test_it_writes_the_file_and_tells_size_and_host(server: PictureServer) -> None:
    content, fetched = fetch(f"{server.url}/picture.png", allowing(server.netloc))
    assert content == picture()
    assert fetched == Fetched(size_bytes=len(content), host="127.0.0.1")


def test_five_redirects_are_followed(server: PictureServer) -> None:
    assert fetch(f"{server.url}/hops/5", allowing(server.netloc))[0] == picture()


def test_an_allowed_host_allows_every_port_of_it_and_a_port_only_itself(server: PictureServer) -> None:
    assert fetch(f"{server.url}/picture.png", allowing("127.0.0.1"))[0] == picture()
    with pytest.raises(FetchFailed, match="no public address"):
        fetch(f"{server.url}/picture.png", allowing(f"127.0.0.1:{server.port + 1}", "localhost"))


def test_allowed_names_are_compared_as_they_stand_in_the_address(server: PictureServer) -> None:
    assert fetch(f"http://LocalHost:{server.port}/picture.png", allowing(f"localhost:{server.port}"))[0] == picture()
    with pytest.raises(FetchFailed, match="no public address"):
        fetch(f"http://localhost:{server.port}/picture.png", allowing(server.netloc))


def test_a_redirect_from_an_allowed_host_needs_to_be_allowed_itself(
    server: PictureServer, public_server: PictureServer
) -> None:
    url = server.redirect(f"{public_server.url}/picture.png")
    with pytest.raises(FetchFailed, match="no public address"):
        fetch(url, allowing(server.netloc))
    assert public_server.requests == []
    assert fetch(url, allowing(server.netloc, public_server.netloc))[0] == picture()


def test_a_name_is_asked_for_once_and_its_later_answer_is_not_connected_to(
    neighbours: tuple[PictureServer, ForbiddenServer],
) -> None:
    public_server, forbidden = neighbours
    names = ChangingNames(str(OURS), "127.0.0.1")
    url = f"http://rebinding.test:{public_server.port}/picture.png"
    assert fetch(url, names.policy())[0] == picture()
    assert names.asked == 1
    assert forbidden.visits() == 0


def test_the_next_hop_to_the_same_name_is_checked_anew(neighbours: tuple[PictureServer, ForbiddenServer]) -> None:
    public_server, forbidden = neighbours
    names = ChangingNames(str(OURS), "127.0.0.1")
    with pytest.raises(FetchFailed, match="no public address"):
        fetch(f"http://rebinding.test:{public_server.port}/hops/1", names.policy())
    assert [path for path, _ in public_server.requests] == ["/hops/1"]
    assert forbidden.visits() == 0


def test_only_approved_addresses_get_a_socket() -> None:
    new_socket = guarded_socket([ip_address("93.184.216.34")])
    with pytest.raises(PermissionError):
        new_socket((socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("127.0.0.1", 80)))
    new_socket((socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("93.184.216.34", 80))).close()


def test_no_cookie_referrer_or_proxy_is_used(server: PictureServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with ForbiddenServer("127.0.0.1") as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
        fetch(server.redirect(f"{server.url}/picture.png"), allowing(server.netloc))
        assert proxy.visits() == 0
    (_, first), (_, second) = server.requests
    for headers in (first, second):
        assert set(headers) == {"host", "accept", "accept-encoding", "user-agent", "connection"}
        assert headers["accept-encoding"] == "identity"
        assert headers["user-agent"].startswith("jimeng-gateway")


def test_errors_name_the_host_but_nothing_of_path_and_query(server: PictureServer) -> None:
    for path in ("missing", "huge", "short", "hops/-1", "packed"):
        with pytest.raises(FetchFailed) as raised:
            fetch(f"{server.url}/{path}?signature=s3cret", allowing(server.netloc))
        assert "s3cret" not in str(raised.value)
        assert path not in str(raised.value)


def test_a_host_that_does_not_listen_is_an_error_of_the_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(FetchFailed, match=r"127\.0\.0\.1 could not be fetched"):
        fetch(f"http://127.0.0.1:{port}/", allowing(f"127.0.0.1:{port}"))


def test_the_limit_counts_the_lookup_of_the_name_too() -> None:
    async def never(host: str, port: int) -> Sequence[IPAddress]:
        await asyncio.Event().wait()
        return []

    with pytest.raises(FetchFailed, match=r"slow\.test did not arrive within 0\.1 s"):
        fetch("http://slow.test/a.png", FetchPolicy(total_s=0.1, resolve=never))


def test_a_signed_address_is_sent_to_the_letter() -> None:
    for url in ("https://a.example/x%2Cy,z?s=a%2Bb%2F+c%3d&t='q'~%7E", "http://a.example:8080/?a=1&&b"):
        assert str(parse_address(url)) == url
    assert parse_address(" https://A.example/a b.png#part ") == URL("https://a.example/a%20b.png")
