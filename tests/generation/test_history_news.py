"""What a page that is open asks for: what is newer than it, and how those are now that were being made."""

from __future__ import annotations

import re

from django.contrib.auth import get_user_model
from django.test import TestCase
from django.utils import timezone

from generation.models import Generation
from tests.factories import make_generation, make_media


class NewsTests(TestCase):
    def setUp(self) -> None:
        self.client.force_login(get_user_model().objects.create_user("operator", is_staff=True))

    def news(self, query: str = "") -> str:
        answer = self.client.get(f"/history/news/?{query}")
        assert answer.status_code == 200
        html = answer.content.decode()
        assert "<html" not in html
        return html

    def test_one_that_ended_is_drawn_with_its_files(self) -> None:
        made = make_generation(status="queued")
        assert "is-open" in self.news(f"after={made.public_id}&ids={made.public_id}")
        at = timezone.now()
        Generation.objects.filter(pk=made.pk).update(status="failed", finished_at=at)
        files = [make_media(generation=made, position=position) for position in range(2)]
        html = self.news(f"after={made.public_id}&ids={made.public_id}")
        drawn = re.search(f'<template data-replaces="{made.public_id}">(.*?)</template>', html, re.DOTALL)
        assert drawn is not None
        assert re.findall(r'data-id="(\w+)"', drawn[1]) == [each.public_id for each in files]
        assert 'class="day"' not in drawn[1]

    def test_the_table_gets_rows(self) -> None:
        made = make_generation(status="queued")
        html = self.news(f"view=table&after={made.public_id}&ids={made.public_id}")
        assert '<tr class="entry"' in html
        assert "<article" not in html

    def test_an_empty_page_gets_all_there_is(self) -> None:
        make_generation()
        html = self.news("after=&ids=")
        assert 'data-newer="1"' in html
        assert 'data-pill="1 new"' in html
        assert 'class="day"' in html

    def test_one_that_went_to_the_trash_is_drawn_as_nothing(self) -> None:
        made = make_generation(deleted_at=timezone.now())
        html = self.news(f"after={made.public_id}&ids={made.public_id}")
        assert "<article" not in html
        assert f'data-replaces="{made.public_id}"' in html

    def test_what_one_may_not_see_is_drawn_as_nothing(self) -> None:
        made = make_generation(status="queued", prompt="of somebody")
        self.client.force_login(get_user_model().objects.create_user("kim"))
        assert "of somebody" not in self.news(f"ids={made.public_id}")
        assert "of somebody" not in self.news(f"after={made.public_id}")

    def test_what_is_no_id_is_passed_over(self) -> None:
        made = make_generation(status="queued")
        html = self.news(f"after={made.public_id}&ids=x,,gen_'--,{made.public_id},<b>")
        assert html.count("data-replaces") == 1
