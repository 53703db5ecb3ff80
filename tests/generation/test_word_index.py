"""The index of words: kept by a duty, in steps that can be broken off anywhere, on SQLite and on PostgreSQL."""

from __future__ import annotations

import itertools
from datetime import timedelta
from io import StringIO
from typing import Any

from django.core.management import call_command
from django.test import TestCase
from django.utils import timezone

from generation.engine.indexing import WordIndexing, indexing_duty
from generation.models import Generation, WordIndex
from generation.word_index import (
    BLOCK,
    batch_read,
    batch_store,
    hits_within,
    index_forget,
    indexed_until,
    settled_until,
)
from generation.words import sought_in
from tests.factories import make_generation
from tests.generation.browsing import walk

FAR = 1000 * BLOCK


def hits(search: str) -> list[int]:
    """What the index alone says, of all blocks with generations."""
    rows = Generation.objects.order_by("-pk").values_list("pk", flat=True)
    blocks = sorted({pk // BLOCK for pk in rows}, reverse=True)
    found = [
        hits_within(sought_in(search), low=block * BLOCK, high=(block + 1) * BLOCK, most=1000).pks for block in blocks
    ]
    return list(itertools.chain(*found))


def old(prompt: str, **over: Any) -> Generation:
    return make_generation(prompt=prompt, created_at=timezone.now() - timedelta(hours=1), **over)


def forget_state() -> None:
    WordIndex.objects.all().delete()


class IndexTests(TestCase):
    def test_the_duty_indexes_what_is_older_than_a_minute(self) -> None:
        rows = [old(f"cat {number}") for number in range(5)]
        young = make_generation(prompt="cat young")
        self.run_duty()
        assert hits("cat") == [row.pk for row in reversed(rows)]
        assert indexed_until() == rows[-1].pk
        assert walk(words="cat") == [young, *reversed(rows)]

    def test_the_index_is_read_little_by_little(self) -> None:
        pks = [2, 3, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 2 * BLOCK + 9]
        for pk in pks:
            old("a cat", pk=pk)
        self.run_duty()
        found: list[int] = []
        high = FAR
        while high > 1:
            hits_now = hits_within(sought_in("cat"), low=max(1, high - BLOCK), high=high, most=2)
            found += hits_now.pks
            high = hits_now.until
        assert found == pks[::-1]

    def run_duty(self) -> None:
        indexing = WordIndexing()
        upto = settled_until(timezone.now() - timedelta(minutes=1))
        while indexing.step(upto=upto) is not None:
            pass

    async def test_the_duty_runs_by_itself(self) -> None:
        await indexing_duty().run()

    def test_what_appears_out_of_order_within_a_minute_is_not_left_out(self) -> None:
        """Another process may store a generation late: its primary key is smaller than one that is seen already."""
        first, late, last = (old(f"cat {number}") for number in range(3))
        Generation.objects.filter(pk=late.pk).delete()
        Generation.objects.filter(pk=last.pk).update(created_at=timezone.now() - timedelta(seconds=30))
        self.run_duty()
        late = make_generation(pk=late.pk, prompt="cat late", created_at=timezone.now() - timedelta(seconds=40))
        assert walk(words="cat") == [last, late, first]
        Generation.objects.exclude(pk=first.pk).update(created_at=timezone.now() - timedelta(minutes=3))
        self.run_duty()
        assert hits("cat") == [last.pk, late.pk, first.pk]

    def test_a_restart_in_the_middle_goes_on_there(self) -> None:
        rows = [old(f"cat {number}") for number in range(9)]
        upto = rows[-1].pk
        for _ in range(2):
            batch = batch_read(upto=upto, most=3)
            assert batch is not None
            assert batch_store(batch)
        assert batch_read(upto=upto, most=3) is not None  # read, and not stored: the process ended
        assert indexed_until() == rows[5].pk
        self.run_duty()
        assert hits("cat") == [row.pk for row in reversed(rows)]

    def test_two_at_once_store_each_prompt_once(self) -> None:
        rows = [old(f"cat {number}") for number in range(4)]
        one = batch_read(upto=rows[-1].pk, most=2)
        other = batch_read(upto=rows[-1].pk, most=3)
        assert one is not None
        assert other is not None
        assert batch_store(one)
        assert not batch_store(other)
        self.run_duty()
        assert hits("cat") == [row.pk for row in reversed(rows)]

    def test_the_index_of_an_emptied_database_is_begun_anew(self) -> None:
        for leave in (forget_state, lambda: None):  # as `flush` does, and as one that empties this one table
            with self.subTest(leave):
                index_forget()
                Generation.objects.all().delete()
                old("a dog", pk=8)
                self.run_duty()
                Generation.objects.all().delete()
                leave()
                old("a cat", pk=7)
                call_command("words_index", stdout=StringIO())
                assert (hits("dog"), hits("cat")) == ([], [7])

    def test_a_step_is_shorter_when_it_takes_long_and_when_prompts_are_long(self) -> None:
        for _ in range(300):
            old("cat " * 20)
        slow = WordIndexing(clock=itertools.count().__next__)
        done = [indexed_until()]
        while slow.step(upto=FAR) is not None:
            done.append(Generation.objects.filter(pk__lte=indexed_until()).count())
        sizes = [after - before for before, after in itertools.pairwise(done)]
        assert sizes[:4] == [100, 50, 25, 12]
        index_forget()
        batch = batch_read(upto=FAR, most=300, most_words=100)
        assert batch is not None
        assert len(batch.words) == 5

    def test_a_very_long_prompt_is_indexed_as_far_as_it_counts(self) -> None:
        row = old(" ".join(["水墨画", *("cat",) * 3000, "lighthouse", *("dog",) * 3000, "zeppelin"]) + "'\\\"")
        self.run_duty()
        for search in ("水墨画", "lighthouse dog", "画 cat", "cat"):
            assert walk(words=search) == [row], search
        assert walk(words="zeppelin") == []


class CommandTests(TestCase):
    def test_it_catches_up_and_begins_anew(self) -> None:
        row = old("a cat")
        out = StringIO()
        call_command("words_index", stdout=out)
        assert "All prompts that are older than a minute are indexed." in out.getvalue()
        Generation.objects.update(prompt="a dog")
        call_command("words_index", stdout=out)
        assert (hits("cat"), hits("dog")) == ([row.pk], [])
        call_command("words_index", anew=True, stdout=out)
        assert (hits("cat"), hits("dog")) == ([], [row.pk])
