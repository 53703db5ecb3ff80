"""Words of prompts, and what a search asks of them: pure, and the same for every database.

Texts are compared in Unicode's compatibility form, without case. Latin words and numbers are words as they stand.
Chinese, Japanese and Korean are written without spaces: a run of their characters counts as its overlapping pairs and
its last character, each one word further on. 水墨画 is 水墨, 墨画, 画: so a search for 墨画 finds the pair, one for 墨
finds a word that begins with it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

MOST_WORDS: Final = 4000  # of one prompt; what comes later in it is not found
LONGEST_WORD: Final = 40  # characters; longer ones are cut, in prompts and in searches
LONGEST_SEARCH: Final = 200  # characters; the rest is left out
MOST_SOUGHT: Final = 24  # words of a search; the rest is left out

# Ideographs with 々〆〇, kana, hangul (syllables, and jamo that stand alone), bopomofo.
_CJK = (
    "\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3105-\u312f\u31a0-\u31bf\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u1100-\u11ff\ua960-\ua97f\uac00-\ud7ff\U00020000-\U000323af"
)
_RUN = re.compile(rf"([{_CJK}]+)|[^\W_{_CJK}]+")
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»「」『』", '"'))
_PART = re.compile(r'"([^"]*)"|([^\s"]+)')


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """Words that follow each other. `is_open`: the last one is only the beginning of a word."""

    words: tuple[str, ...]
    is_open: bool


def words_of(text: str) -> list[str]:
    """The words of a prompt, in its order."""
    found: list[str] = []
    for run, is_cjk in _runs(_plain(text)):
        found += [*_pairs(run), run[-1]] if is_cjk else [run[:LONGEST_WORD]]
        if len(found) >= MOST_WORDS:
            return found[:MOST_WORDS]
    return found


def sought_in(search: str) -> tuple[Phrase, ...]:
    """What a prompt must have, all of it: words and their beginnings, "whole words in this order". () = no words."""
    found: list[Phrase] = []
    room = MOST_SOUGHT
    for part in _PART.finditer(_plain(search[:LONGEST_SEARCH])[:LONGEST_SEARCH].translate(_QUOTES)):
        quoted, bare = part.groups()
        phrase = _phrase(list(_runs(bare if quoted is None else quoted)), is_quoted=quoted is not None)
        if phrase.words and room:
            whole = len(phrase.words) <= room
            found.append(phrase if whole else Phrase(words=phrase.words[:room], is_open=False))
            room -= len(found[-1].words)
    return tuple(dict.fromkeys(found))


def is_found(sought: Sequence[Phrase], words: Sequence[str]) -> bool:
    """Are all the phrases among the words of a prompt?"""
    return all(_has(words, phrase) for phrase in sought)


def _has(words: Sequence[str], phrase: Phrase) -> bool:
    *first, last = phrase.words
    reach = len(first)
    for end in range(reach, len(words)):
        fits = words[end].startswith(last) if phrase.is_open else words[end] == last
        if fits and list(words[end - reach : end]) == first:
            return True
    return False


def _phrase(runs: list[tuple[str, bool]], *, is_quoted: bool) -> Phrase:
    words: list[str] = []
    is_open = False
    for number, (run, is_cjk) in enumerate(runs, start=1):
        is_last = number == len(runs)
        if not is_cjk:
            words.append(run[:LONGEST_WORD])
            is_open = is_last and not is_quoted
            continue
        words += _pairs(run)
        # The prompt may go on where the search ends: only a run that something follows has its last character.
        if not is_last or len(run) == 1:
            words.append(run[-1])
        is_open = is_last and len(run) == 1
    return Phrase(words=tuple(words), is_open=is_open)


def _plain(text: str) -> str:
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _runs(plain: str) -> Iterator[tuple[str, bool]]:
    """Runs of letters, each with whether they are of a script without spaces."""
    for run in _RUN.finditer(plain):
        yield run[0], run[1] is not None


def _pairs(run: str) -> list[str]:
    return [run[at : at + 2] for at in range(len(run) - 1)]
