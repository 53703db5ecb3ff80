"""LiteLLM's router with a `config.yaml`, as its proxy uses it: one picture, and one chat."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import litellm
import yaml

config = yaml.safe_load(Path(os.environ["CONFIG"]).read_text("utf-8"))
router = litellm.Router(model_list=config["model_list"])
picture = router.image_generation(model="jimeng", prompt="lite router")
chat = router.completion(model="jimeng-chat", messages=[{"role": "user", "content": "lite router chat"}])
told = {"url": picture.data[0].url, "content": chat.choices[0].message.content}
sys.stdout.write(json.dumps(told) + "\n")
