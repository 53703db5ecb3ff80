"""Words of prompts and of searches, as tables."""

from __future__ import annotations

from generation.words import LONGEST_SEARCH, LONGEST_WORD, MOST_SOUGHT, MOST_WORDS, is_found, sought_in, words_of

PROMPTS: list[tuple[str, list[str]]] = [
    ("", []),
    ("  ?!, …。", []),
    ("a Lighthouse, at 35mm", ["a", "lighthouse", "at", "35mm"]),
    ("don't stop_it", ["don", "t", "stop", "it"]),
    ("水墨画", ["水墨", "墨画", "画"]),
    ("猫", ["猫"]),
    ("水墨画，猫", ["水墨", "墨画", "画", "猫"]),
    ("3D渲染cat", ["3d", "渲染", "染", "cat"]),
    ("ＦＵＬＬ　ｗｉｄｔｈ ﾃｽﾄ", ["full", "width", "テス", "スト", "ト"]),  # compatibility forms
    ("Straße ÉTÉ", ["strasse", "été"]),
    ("E\u0301te\u0301", ["été"]),  # é of two parts
    ("한국어", ["한국", "국어", "어"]),
    ("a\x00b\ud800c", ["a", "b", "c"]),
    ("x" * 50, ["x" * LONGEST_WORD]),
]

# Search, prompts that have it, prompts that have not.
SEARCHES: list[tuple[str, list[str], list[str]]] = [
    ("light", ["a lighthouse", "LIGHT"], ["daylight", "ligh"]),
    ("light house", ["lighthouse, house", "the house of lights"], ["lighthouse"]),
    ("水墨画", ["一幅水墨画。"], ["水墨, 墨画", "水墨"]),
    ("墨", ["水墨画", "墨", "水墨"], ["水画"]),
    ("墨画", ["水墨画"], ["墨, 画"]),
    ("水墨 猫", ["猫的水墨画"], ["水墨画"]),
    ('"red sofa"', ["a red sofa"], ["a red sofabed", "red, blue sofa"]),
    ('"red sofa" cat', ["two cats on a red sofa"], ["a red sofa"]),
    ("“红色 沙发”", ["红色 沙发上"], ["红色的沙发"]),  # Chinese marks of quotation; nothing but a gap in between
    ("sci-fi", ["a Sci-Fi city", "sci fi"], ["fi sci"]),
    ("3d渲染", ["3D渲染图", "3D 渲染"], ["3D的渲染"]),
    ("水墨画light", ["水墨画lighthouse", "水墨画 light"], ["水墨画的light"]),
    ("画 light", ["lights, 画"], ["light"]),
    ("ｆｕｌｌ", ["Full"], ["ful"]),
    ('"unbalanced cat', ["cat, unbalanced"], ["cat"]),
    ("cat OR dog NOT (a* NEAR/2", ["near 2 cat not dog or a"], ["cat dog"]),  # nobody's language
    ("y" * 60, ["y" * 60, "y" * 99], ["y"]),
]

NO_WORDS = ["", " ", "?", '"', '""', "'; --", "% _ *", "\x00", "\ud800", "：，。"]


def test_prompts_are_cut_into_words() -> None:
    for prompt, words in PROMPTS:
        assert words_of(prompt) == words, prompt


def test_searches_find_what_they_say() -> None:
    for search, having, lacking in SEARCHES:
        sought = sought_in(search)
        assert sought, search
        for prompt in having:
            assert is_found(sought, words_of(prompt)), (search, prompt)
        for prompt in lacking:
            assert not is_found(sought, words_of(prompt)), (search, prompt)


def test_a_search_without_words_seeks_nothing() -> None:
    for search in NO_WORDS:
        assert sought_in(search) == (), search


def test_each_part_of_a_chinese_prompt_is_found() -> None:
    prompt = "江南水乡的清晨，水墨画"
    words = words_of(prompt)
    for begin in range(7):
        for end in range(begin + 1, 8):
            assert is_found(sought_in(prompt[begin:end]), words), prompt[begin:end]


def test_long_prompts_and_searches_are_cut() -> None:
    assert len(words_of("画" * 10_000)) == MOST_WORDS
    assert words_of("a " * 10_000) == ["a"] * MOST_WORDS
    assert sum(len(phrase.words) for phrase in sought_in("甲乙丙丁" * 2500)) == MOST_SOUGHT
    many = " ".join(f"w{number}" for number in range(5000))
    assert len(sought_in(many)) == MOST_SOUGHT
    assert is_found(sought_in(many), words_of(many))
    assert len(sought_in("ﷺ" * LONGEST_SEARCH)) <= MOST_SOUGHT  # a sign that stands for eighteen
