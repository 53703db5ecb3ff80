"""Addresses of receivers that hold a user name and a password."""

from __future__ import annotations

import base64

from django.test import SimpleTestCase

from generation.upstream.fetch import FetchPolicy
from tests.generation.test_posting import parcel, send
from tests.receivers import Receiver

BASIC = "Basic " + base64.b64encode(b"user:pass word").decode()


class CredentialsTests(SimpleTestCase):
    def test_they_are_sent_as_basic_authentication(self) -> None:
        for is_guarded in (False, True):
            with self.subTest(is_guarded=is_guarded), Receiver() as receiver:
                target = f"http://user:pass%20word@{receiver.netloc}/hook?x=1"
                policy = FetchPolicy(allow_hosts=frozenset({receiver.netloc}))
                send(parcel("webhook", target, is_guarded=is_guarded), policy=policy)
                (got,) = receiver.got
                assert (got.path, got.headers["authorization"]) == ("/hook?x=1", BASIC)

    def test_a_token_beside_them_comes_first(self) -> None:
        with Receiver() as receiver:
            send(parcel("ntfy", f"http://user:pass@{receiver.netloc}/topic", secret="tk_1"))
            assert [each.headers["authorization"] for each in receiver.got] == ["Bearer tk_1"]
