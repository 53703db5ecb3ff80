"""Limited API keys as the real openai-python meets them."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import openai
import pytest

from tests.live import Gateway, Sandbox, wait_until

NewClient = Callable[..., openai.OpenAI]


@pytest.fixture
def limited(gateway: Gateway) -> Iterator[NewClient]:
    """A client with a key of its own: `limited("--credits-per-day=5", retries=2)`."""
    with ExitStack() as clients:

        def make(*options: str, retries: int = 0) -> openai.OpenAI:
            key = gateway.manage("keys", "create", f"limited {time.monotonic_ns()}", *options)
            return clients.enter_context(openai.OpenAI(base_url=f"{gateway.url}/v1", api_key=key, max_retries=retries))

        yield make


def test_requests_a_minute_are_a_rate_limit_error(limited: NewClient) -> None:
    client = limited("--requests-per-minute=2")
    told = [client.images.with_raw_response.generate(model="jimeng-3.0", prompt="a cat").headers for _ in "ab"]
    assert [each["x-ratelimit-remaining-requests"] for each in told] == ["1", "0"]
    assert {each["x-ratelimit-limit-requests"] for each in told} == {"2"}
    with pytest.raises(openai.RateLimitError) as raised:
        client.images.generate(model="jimeng-3.0", prompt="a cat")
    assert (raised.value.code, raised.value.type) == ("rate_limit_exceeded", "rate_limit_error")
    assert raised.value.response.headers["x-should-retry"] == "true"
    assert 40 <= int(raised.value.response.headers["retry-after"]) <= 60
    assert client.models.list().data  # looking is not making


def test_generations_at_once_are_waited_for_by_the_sdk_itself(limited: NewClient, gateway: Gateway) -> None:
    client = limited("--concurrent-generations=1")
    client.videos.create(model="jimeng-video-3.0", prompt="a slow cat")
    with pytest.raises(openai.RateLimitError) as raised:
        client.videos.create(model="jimeng-video-3.0", prompt="a second cat")
    assert raised.value.code == "too_many_generations"
    # The first takes a second in this sandbox; the SDK asks again after Retry-After.
    patient = client.with_options(max_retries=2)
    assert patient.videos.create(model="jimeng-video-3.0", prompt="a third cat").status == "queued"


def test_credits_a_day_are_a_quota_that_no_retry_helps(limited: NewClient) -> None:
    client = limited("--credits-per-day=4", retries=2)
    client.images.generate(model="jimeng-4.5", prompt="a cat", size="2k")  # 3 credits
    begun = time.monotonic()
    with pytest.raises(openai.RateLimitError) as raised:
        client.images.generate(model="jimeng-4.5", prompt="another cat", size="2k")
    assert time.monotonic() - begun < 0.4  # not tried again, which would wait half a second and more
    assert (raised.value.code, raised.value.type) == ("key_credits_exhausted", "insufficient_quota")
    assert "4 credits a day: 3 are spent or under way today, and this request needs 3" in raised.value.message
    assert client.images.generate(model="jimeng-3.0", prompt="a small cat", size="1k").data  # 1 credit: still possible


def test_only_allowed_models_exist_for_a_key_whatever_they_are_called(limited: NewClient, sandbox: Sandbox) -> None:
    client = limited("--models=jimeng-4.5")
    before = len(sandbox.ledger()["submissions"])
    names = {model.id for model in client.models.list()}
    assert {"jimeng-4.5", "jimeng", "dall-e-3", "gpt-image-1"} <= names
    assert not any(name.startswith(("jimeng-3", "jimeng-video", "sora")) for name in names)
    picture = ("cat.png", b"not read at all", "image/png")
    for refused in (
        lambda: client.images.generate(model="jimeng-3.0", prompt="a cat"),
        lambda: client.images.edit(model="jimeng-3.0", prompt="a cat", image=picture),
        lambda: client.videos.create(prompt="a cat"),  # the SDK leaves out the model: that is jimeng-video-3.0
        lambda: client.videos.create(model="sora-2", prompt="a cat"),
        lambda: client.chat.completions.create(
            model="jimeng-3.0:16:9:1k", messages=[{"role": "user", "content": "a cat"}]
        ),
        lambda: client.models.retrieve("jimeng-3.0"),
    ):
        with pytest.raises(openai.NotFoundError) as raised:
            refused()
        assert raised.value.code == "model_not_found"
    assert len(sandbox.ledger()["submissions"]) == before
    said = client.chat.completions.create(model="jimeng-4.5:16:9:1k", messages=[{"role": "user", "content": "a cat"}])
    assert "![image](" in str(said.choices[0].message.content)


def test_the_response_format_of_a_key_is_that_of_all_its_pictures(limited: NewClient, gateway: Gateway) -> None:
    by_content, by_url = limited("--response-format=b64_json"), limited("--response-format=url")
    picture = by_content.images.generate(model="jimeng-3.0", prompt="a cat", size="1k").data
    assert picture
    assert picture[0].b64_json
    assert not picture[0].url
    file = ("cat.webp", base64.b64decode(picture[0].b64_json), "image/webp")
    edited = by_url.images.edit(model="gpt-image-1", prompt="a hat", image=file).data
    assert edited
    assert edited[0].url
    assert not edited[0].b64_json
    asked = by_url.images.generate(model="jimeng-3.0", prompt="a cat", response_format="b64_json").data
    assert asked
    assert asked[0].b64_json  # the request has the last word


def test_a_key_ends_at_once_or_within_seconds(limited: NewClient, gateway: Gateway) -> None:
    client = limited("--expires=never")
    assert client.models.list().data
    name = [line.split()[1:3] for line in gateway.manage("keys", "list").splitlines() if "limited" in line][-1]
    gateway.manage("keys", "update", " ".join(name), "--disable")
    assert "disabled" in wait_until(lambda: refusal(client), timeout_s=8, what="the key works no more")


def refusal(client: openai.OpenAI) -> str:
    try:
        client.models.list()
    except openai.AuthenticationError as error:
        return error.message
    return ""
