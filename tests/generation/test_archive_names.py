"""Names in archives, and the table of contents: whatever somebody wrote in a prompt."""

from __future__ import annotations

import csv
import io
import re
import string
from datetime import UTC, datetime

from django.test import SimpleTestCase, override_settings

from generation.archive_names import COLUMNS, NAME_MAX_CHARS, contents_table, entry_name, first_words, harmless
from generation.models import Generation, Media

AT = datetime(2026, 11, 24, 17, 30, tzinfo=UTC)  # already the 25th in Shanghai
ID = "gen_" + "ab12" * 6
HOSTILE = (
    "../../etc/passwd",
    "..\\..\\windows\\system32",
    "/absolute/path",
    "C:\\con",
    "CON",
    "nul.txt",
    "a\x00b\nc\td\x1b[31m",
    "gpj.\u202etxt",  # turns the direction of writing
    "zero\u200bwidth\ufeff",
    "<script>alert(1)</script>",
    'quo"te*que?stion|pipe',
    "dots and spaces . . .",
    "e\u0301" * 400,
    "水" * 400,
    "🦊" * 400,
    "\ud800 alone",
    "",
    "   ",
    "...",
)


def media(prompt: str = "a lighthouse in the mist", **over: object) -> Media:
    fields = {"content_type": "image/webp", "position": 0, "width": 64, "height": 48, "public_id": "med_1", **over}
    made = Media(**fields)
    made.generation = Generation(public_id=ID, prompt=prompt, model="jimeng-4.5", created_at=AT)
    return made


def name_of(each: Media) -> str:
    return entry_name(each, each.generation)


@override_settings(TIME_ZONE="Asia/Shanghai")
class EntryNameTests(SimpleTestCase):
    def test_it_says_day_generation_position_and_words(self) -> None:
        assert name_of(media()) == f"2026-11-25/{ID}-1 a lighthouse in the mist.webp"

    def test_positions_keep_names_apart(self) -> None:
        assert name_of(media(position=0)) != name_of(media(position=1))

    def test_hostile_prompts_make_harmless_names(self) -> None:
        for prompt in HOSTILE:
            name = name_of(media(prompt))
            folder, _, file = name.partition("/")
            assert (folder, file.startswith(f"{ID}-1"), file.endswith(".webp")) == ("2026-11-25", True, True), prompt
            assert not re.search(r'[/\\:*?"<>|\x00-\x1f\x7f\u200b\u202e\ufeff\ud800-\udfff]', file), (prompt, name)
            assert not re.search(r"[ .]\.webp$", file), (prompt, name)
            assert len(name) <= NAME_MAX_CHARS, (prompt, len(name))
            assert len(file.encode()) <= 255, (prompt, len(file.encode()))

    def test_chinese_is_kept(self) -> None:
        assert name_of(media("江南水乡的清晨")) == f"2026-11-25/{ID}-1 江南水乡的清晨.webp"

    def test_a_character_is_never_cut_in_two(self) -> None:
        assert first_words("水" * 400, max_chars=100) == "水" * 50  # 150 bytes

    def test_the_ending_is_that_of_the_type(self) -> None:
        for content_type, file, ending in (
            ("image/png", "x.webp", ".png"),
            ("image/jpeg", "", ".jpg"),
            ("video/mp4", "x", ".mp4"),
            ("text/html", "results/x.HTML", ".html"),
            ("", "results/x.webp", ".webp"),
            ("", "results/x.../../y", ".bin"),
            ("", "results/x.verylongending", ".bin"),
        ):
            assert name_of(media(content_type=content_type, file=file)).endswith(f"mist{ending}"), (content_type, file)


class ContentsTests(SimpleTestCase):
    def rows(self, *made: Media) -> list[dict[str, str]]:
        table = contents_table((name_of(each), each, each.generation) for each in made)
        assert table.startswith(b"\xef\xbb\xbf")
        return list(csv.DictReader(io.StringIO(table.decode("utf-8-sig"), newline="")))

    @override_settings(TIME_ZONE="Asia/Shanghai")
    def test_it_says_what_each_file_is(self) -> None:
        (row,) = self.rows(media("雾中灯塔", kind="video", duration_s=5.0))
        assert list(row) == list(COLUMNS)
        assert list(row.values()) == [
            f"2026-11-25/{ID}-1 雾中灯塔.webp",
            *("med_1", ID, "雾中灯塔", "jimeng-4.5", "64x48", "5", "2026-11-25 01:30:00+08:00"),
        ]

    def test_what_is_not_known_is_empty(self) -> None:
        (row,) = self.rows(media(width=None, height=None))
        assert (row["size"], row["seconds"]) == ("", "")

    def test_prompts_of_several_lines_and_quotes_are_read_back(self) -> None:
        prompt = 'a "red" cat,\nwith; commas'
        assert self.rows(media(prompt))[0]["prompt"] == prompt

    def test_no_cell_is_a_formula(self) -> None:
        for cell, shown in (
            ("=HYPERLINK('http://x')", "'=HYPERLINK('http://x')"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("＝1+1", "'＝1+1"),
            ("\t=1", "'\t=1"),
            ("  =1", "'  =1"),
            ("\r\n=1", "'\r\n=1"),
            ("\x00=1", "'=1"),
            ("a = b", "a = b"),
            ("", ""),
        ):
            assert harmless(cell) == shown, cell
        for prompt in ("=cmd|' /C calc'!A0", *(f"{each}1" for each in "=+-@")):
            assert self.rows(media(prompt))[0]["prompt"] == f"'{prompt}"

    def test_printable_text_passes_as_it_is(self) -> None:
        text = "a" + string.printable.replace("\x0b", "").replace("\x0c", "")
        assert harmless(text) == text
