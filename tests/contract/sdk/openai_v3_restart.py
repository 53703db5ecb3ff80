"""openai-python 3: one picture, asked for once by the program; the SDK repeats on its own while nobody answers."""

from __future__ import annotations

import json
import sys

import openai

client = openai.OpenAI(max_retries=10, timeout=60)
answer = client.images.generate(model="jimeng-4.5", prompt="v3 through a restart", size="1024x1024")
sys.stdout.write(json.dumps({"pictures": len(answer.data or []), "jimeng": answer.jimeng}) + "\n")  # type: ignore[attr-defined]
