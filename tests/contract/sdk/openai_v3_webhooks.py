"""openai-python 3: what came to a webhook is verified and read by `client.webhooks.unwrap()`."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import openai
from reporting import report

REQUESTS = json.loads(Path(os.environ["REQUESTS"]).read_text("utf-8"))
SECRET = os.environ["WEBHOOK_SECRET"]
client = openai.OpenAI(max_retries=0, timeout=60, webhook_secret=SECRET)


def unwrapped() -> Any:
    """Class, type and facts of each event."""
    told = []
    for request in REQUESTS:
        event = client.webhooks.unwrap(request["body"], request["headers"])
        told.append({"class": type(event).__name__, **event.model_dump(mode="json")})
    return told


def the_video_of_the_event() -> Any:
    events = [client.webhooks.unwrap(each["body"], each["headers"]) for each in REQUESTS]
    (done,) = [event for event in events if event.type == "video.completed"]
    video = client.videos.retrieve(done.data.id)
    return {"status": video.status, "bytes": len(client.videos.download_content(video.id).read())}


def forged() -> Any:
    first = REQUESTS[0]
    refused = []
    for body, secret in ((first["body"] + " ", SECRET), (first["body"], "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")):
        try:
            client.webhooks.unwrap(body, first["headers"], secret=secret)
        except openai.InvalidWebhookSignatureError:
            refused.append(True)
    return refused


report([unwrapped, the_video_of_the_event, forged])
