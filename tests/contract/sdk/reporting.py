"""Scenarios of a client, run side by side; their facts, or tracebacks, go out as one line of JSON."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

AT_ONCE = 4


def report(scenarios: Sequence[Callable[[], Any]]) -> None:
    """Run all; one that fails does not hide what the others found."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        running = {scenario.__name__: pool.submit(scenario) for scenario in scenarios}
    told: dict[str, dict[str, Any]] = {}
    for name, future in running.items():
        error = future.exception()
        if error is None:
            told[name] = {"facts": future.result()}
        else:
            told[name] = {"raised": "".join(traceback.format_exception(error))}
    sys.stdout.write(json.dumps(told) + "\n")
