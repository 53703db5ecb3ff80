"""What a page says: its visible texts, and which of them nobody should have to read. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

# Texts, placeholders, hints, labels for screen readers and choices of what is visible.
VISIBLE_TEXTS: Final = """() => {
  const texts = [];
  const seen = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    const unread = "script, style, template, noscript, pre, option, .material-symbols-outlined";
    if (!parent || parent.closest(unread)) continue;
    if (node.data.trim() && seen(parent)) texts.push(node.data.trim());
  }
  for (const element of document.body.querySelectorAll("[placeholder], [title], [aria-label], option")) {
    if (element.closest(".simplebar-content-wrapper") === element) continue; // a script's own label
    if (element.tagName === "OPTION" ? !seen(element.closest("select")) : !seen(element)) continue;
    for (const name of ["placeholder", "title", "aria-label"]) {
      if (element.getAttribute(name)) texts.push(element.getAttribute(name).trim());
    }
    if (element.tagName === "OPTION") texts.push(element.textContent.trim());
  }
  return texts.filter(Boolean);
}"""

_RAW: Final = re.compile(
    r"""[{\[]\s*["'][^"']*["']\s*[:,\]]|datetime\.|<[A-Za-z_.]+ object|%\(\w+\)|\bundefined\b|\bNaN\b"""
    r"""|(?<=[\[({:=, ])None[,)\]}]|^None$|^null$|&(?:amp|lt|gt|quot|#\d+);"""
)
# Not words: addresses, ids and keys, versions of models, what follows a slash or is in code.
_NOT_WORDS: Final = re.compile(
    r"https?://\S+|\b[\w.+-]+@[\w.-]+\w|\b(?:gen|med|msg|whsec|jm|sb|gpt|dall|sora|chatgpt)[_-][\w.+/=-]*…?|/v1/\w+"
    r"|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\bJIMENG_[A-Z_]+|\bjimeng[\w.-]*|…\S*|\S+\*{4,}|\b[0-9a-f]{6,}\b"
)
_WORD: Final = re.compile(r"(?<![A-Za-z0-9_])[A-Za-z][A-Za-z0-9_']+")
# Names and terms that stay as they are in Chinese; then columns of imports, keys, and menus of browsers.
_TERMS: Final = """
    API APIs URL ID Cookie cookie cookies sessionid Sessionid JSON CSV txt MiB KiB kB KB MB GB http https
    socks5 socks5h url b64_json WebP WEBP PNG JPEG MP4 Jimeng OpenAI Webhook webhook Webhooks Standard POST
    ntfy Telegram ASCII Django UTC Ctrl Enter Delete Esc English SHA Python submit_id Idempotency Key EMAIL_URL
    pbkdf2_sha256 token user password host Base name notes tags priority cap proxy model LDAP Control Mac Command
    F12 Application Network Firefox
"""
_KEPT: Final = frozenset(_TERMS.split())


def raw_values(texts: Iterable[str], typed: Iterable[str] = ()) -> list[str]:
    """Texts that look like the inside of a program, but for what a person typed."""
    return [text for text in texts if _RAW.search(text) and _RAW.search(_without(text, typed))]


def english_words(texts: Iterable[str], typed: Iterable[str]) -> list[str]:
    """Texts with English words of ours in a Chinese page."""
    return [text for text in texts if set(_WORD.findall(_own(text, typed))) - _KEPT]


def han_words(texts: Iterable[str], typed: Iterable[str]) -> list[str]:
    """Texts with Chinese in an English page."""
    return [text for text in texts if re.search(r"[\u4e00-\u9fff]", _own(text, [*typed, "简体中文"]))]


def _own(text: str, typed: Iterable[str]) -> str:
    """Without what a person typed and what is no word."""
    return _without(_NOT_WORDS.sub(" ", text), typed)


def _without(text: str, typed: Iterable[str]) -> str:
    """Lists cut what is long: the beginning of something typed, and an ellipsis, was typed as well."""
    typed = list(filter(None, typed))
    if len(text) > 12 and text.endswith("…") and any(each.startswith(text[:-1]) for each in typed):
        return ""
    for each in sorted(typed, key=len, reverse=True):
        text = text.replace(each, " ")
    return text
