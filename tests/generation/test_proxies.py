"""Calls by way of an account's proxy, over real sockets: what reaches Jimeng, and what surely never did."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from generation.specs import image_spec
from generation.upstream import routes, tunnels
from generation.upstream.client import Timeouts, UpstreamClient
from generation.upstream.failures import FailureKind, UpstreamFailure
from generation.upstream.signing import Login
from tests.generation.proxy_servers import Host, Mood, all_gone, hosting, proxying

LOGIN = Login(sessionid="0123456789abcdef0123456789abcdef", web_id="7123456789012345678", uid_tt="f" * 32)
SPEC = image_spec(model="jimeng-4.5", prompt="一只猫", count=1)
SHORT = Timeouts(connect_s=0.3, read_s=1, pool_s=5, call_s=5)
PASSWORD = "ann:s3:cr/et@"
IN_URL = "ann:s3%3Acr%2Fet%40"


def by(proxy: str) -> Login:
    return replace(LOGIN, proxy=proxy)


@asynccontextmanager
async def calling(host: Host) -> AsyncIterator[UpstreamClient]:
    async with UpstreamClient(base_url=host.base_url, imagex_url=host.base_url, timeouts=SHORT) as client:
        yield client


async def failure_of(client: UpstreamClient, login: Login) -> UpstreamFailure:
    with pytest.raises(UpstreamFailure) as raised:
        await client.submit(login, SPEC, submit_id="s", seed=2_500_000_001)
    return raised.value


@pytest.mark.parametrize("scheme", ["http", "socks5", "socks5h"])
@pytest.mark.parametrize(("credentials", "in_url"), [("", ""), (PASSWORD, IN_URL)])
def test_calls_reach_jimeng_through_it_and_keep_their_connection(scheme: str, credentials: str, in_url: str) -> None:
    async def run() -> None:
        async with hosting() as host, proxying(scheme, credentials=credentials) as proxy, calling(host) as client:
            for _ in range(3):
                assert (await client.account_info(by(proxy.url(in_url)))).user_id == "4711"
            assert proxy.targets == [host.base_url.removeprefix("http://")]
            assert len(host.heads) == 3
            assert not any(b"proxy-authorization" in head.lower() for head in host.heads)

    asyncio.run(run())


def test_a_login_without_a_proxy_and_a_download_go_straight() -> None:
    async def run() -> None:
        async with hosting() as host, proxying("http") as proxy, calling(host) as client:
            await client.account_info(LOGIN)
            await client.account_info(by(proxy.url()))
            await client.download(f"{host.base_url}/picture", max_bytes=1000)
            assert (len(host.heads), proxy.connections) == (3, 1)

    asyncio.run(run())


MOODS: list[tuple[str, Mood, str]] = [
    ("http", "refuses", tunnels.NOT_ALLOWED),
    ("http", "silent", tunnels.NOT_IN_TIME),
    ("http", "hangs up", tunnels.HUNG_UP),
    ("http", "garbage", tunnels.NO_PROXY),
    ("socks5", "refuses", tunnels.NOT_ALLOWED),
    ("socks5", "silent", tunnels.NOT_IN_TIME),
    ("socks5", "hangs up", tunnels.HUNG_UP),
    ("socks5", "garbage", tunnels.NO_PROXY),
]


@pytest.mark.parametrize(("scheme", "mood", "words"), MOODS)
def test_what_fails_before_there_is_a_connection_was_surely_not_sent(scheme: str, mood: Mood, words: str) -> None:
    async def run() -> None:
        async with hosting() as host, proxying(scheme, mood=mood) as proxy, calling(host) as client:
            for _ in range(routes.CONNECTIONS_A_PROXY + 2):  # none of them stays behind and holds a place
                failure = await failure_of(client, by(proxy.url("ann:secret")))
                if mood == "silent" and proxy.connections > 2:
                    break
            assert (failure.kind, failure.code, failure.message) == (FailureKind.UNREACHABLE, "proxy", words)
            assert failure.is_refusal
            assert "secret" not in repr(failure)
            assert host.heads == []
            await all_gone(proxy)

    asyncio.run(run())


@pytest.mark.parametrize("scheme", ["http", "socks5"])
@pytest.mark.parametrize("given", ["", "ann:wrong"])
def test_a_wrong_password_is_told_as_that(scheme: str, given: str) -> None:
    async def run() -> UpstreamFailure:
        async with hosting() as host, proxying(scheme, credentials=PASSWORD) as proxy, calling(host) as client:
            return await failure_of(client, by(proxy.url(given)))

    failure = asyncio.run(run())
    assert (failure.code, failure.message) == ("proxy", tunnels.CREDENTIALS)


def test_where_nobody_listens_nothing_was_sent() -> None:
    async def run() -> UpstreamFailure:
        async with hosting() as host, calling(host) as client:
            async with proxying("http") as gone:
                address = gone.url()
            return await failure_of(client, by(address))

    failure = asyncio.run(run())
    assert (failure.kind, failure.message) == (FailureKind.UNREACHABLE, tunnels.NOT_REACHED)


@pytest.mark.parametrize("scheme", ["http", "socks5"])
def test_what_fails_after_the_request_had_left_may_have_been_paid_for(scheme: str) -> None:
    async def run() -> tuple[UpstreamFailure, int]:
        async with hosting(None) as host, proxying(scheme) as proxy, calling(host) as client:
            return await failure_of(client, by(proxy.url())), len(host.heads)

    failure, requests = asyncio.run(run())
    assert (failure.kind, failure.is_refusal, requests) == (FailureKind.AMBIGUOUS, False, 1)


def test_an_address_that_cannot_be_read_never_goes_straight() -> None:
    async def run() -> tuple[UpstreamFailure, int]:
        async with hosting() as host, calling(host) as client:
            return await failure_of(client, by("unreadable")), len(host.heads)

    failure, requests = asyncio.run(run())
    assert (failure.kind, failure.code, requests) == (FailureKind.UNREACHABLE, "proxy", 0)


def test_connections_of_few_proxies_are_kept_and_those_in_use_always(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "PROXIES_KEPT", 1)

    async def run() -> None:
        async with hosting() as host, proxying("http") as first, proxying("socks5") as second, calling(host) as client:
            await client.account_info(by(first.url()))
            await client.account_info(by(second.url()))
            await all_gone(first)
            await client.account_info(by(second.url()))
            assert second.connections == 1

    asyncio.run(run())


def certificate_in(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A context for a server called localhost, and the file that makes clients trust it."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    public = folder / "public.pem"
    public.write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    secret = folder / "secret.pem"
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, secret)
    return context, public


@pytest.mark.parametrize("trusted", [True, False])
def test_a_proxy_spoken_to_by_https_must_be_trusted(
    trusted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, public = certificate_in(tmp_path)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(public))

    async def run() -> None:
        async with (
            hosting() as host,
            proxying("https", credentials=PASSWORD, tls=context) as proxy,
            calling(host) as client,
        ):
            if trusted:
                assert (await client.account_info(by(proxy.url(IN_URL)))).user_id == "4711"
            else:
                assert (await failure_of(client, by(proxy.url(IN_URL)))).message == tunnels.NO_TLS

    asyncio.run(run())
