"""Names for saving results."""

from __future__ import annotations

import pytest

from generation.file_names import WORDS_MAX_CHARS, disposition, words_of


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("a lighthouse in the mist", "a-lighthouse-in-the-mist"),
        ("雾中的灯塔,黄昏", "雾中的灯塔-黄昏"),
        ("../../etc/passwd", "etc-passwd"),
        ("C:\\Windows\\con.exe", "C-Windows-con-exe"),
        ("one\r\ntwo\x00three\u202efour\u2066", "one-two-three-four"),
        ("café Ａ1", "café-A1"),
        ("🦊 !!! \t", ""),
        ("", ""),
        ("-rf --all", "rf-all"),
        ("one two three four five six seven eight nine", "one-two-three-four-five-six-seven-eight"),
        ("塔" * 100, "塔" * WORDS_MAX_CHARS),
        ("x" * 100_000, "x" * WORDS_MAX_CHARS),
    ],
)
def test_only_letters_and_digits_of_a_prompt_are_in_them(prompt: str, words: str) -> None:
    assert words_of(prompt) == words
    assert len(words) <= WORDS_MAX_CHARS


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("jimeng-a-cat-1.webp", 'inline; filename="jimeng-a-cat-1.webp"'),
        (
            "jimeng-灯塔-1.webp",
            "inline; filename=\"jimeng-1.webp\"; filename*=UTF-8''jimeng-%E7%81%AF%E5%A1%94-1.webp",
        ),
        ('a"b\r\nc.webp', "inline; filename=\"a-b-c.webp\"; filename*=UTF-8''a%22b%0D%0Ac.webp"),
    ],
)
def test_every_client_can_read_them(name: str, value: str) -> None:
    assert disposition(name, is_attachment=False) == value
    assert disposition(name, is_attachment=True) == value.replace("inline", "attachment")
