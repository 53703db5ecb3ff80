"""What axe-core finds on a page: hindrances for those who do not see, hear or point as others do."""

from __future__ import annotations

from importlib.resources import files
from typing import Any, Final

from playwright.sync_api import Page

_AXE: Final = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
_IMPACTS: Final = ("serious", "critical")
_TAGS: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# A colour on its way to another is nobody's colour: what moves and comes to an end is put there. It is not waited for:
# what is never drawn, as beneath a dialog, never ends.
_CALM: Final = """() => document.getAnimations()
  .filter(each => each.effect.getComputedTiming().endTime !== Infinity).forEach(each => each.finish())"""
_RUN: Final = """([within, rules]) => axe.run(within, { runOnly: rules, resultTypes: ["violations"] })
  .then(found => found.violations)"""


def serious_findings(page: Page, *, within: str = "html", only: str = "") -> list[str]:
    """Of WCAG 2.2 AA and good practice, what is serious or critical: rule, what it wants, and where. Empty is well.

    `only`: one rule.
    """
    page.evaluate(_CALM)
    if not page.evaluate("'axe' in window"):
        page.evaluate(_AXE)
    violations: list[dict[str, Any]] = page.evaluate(_RUN, [within, [only] if only else _TAGS])
    return [
        f"{each['id']}: {each['help']}: {node['html'][:200]}"
        for each in violations
        if each["impact"] in _IMPACTS
        for node in each["nodes"]
    ]
