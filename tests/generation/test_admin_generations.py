"""Generations in the admin, through the front door."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.test import TestCase, override_settings
from django.urls import reverse
from django.utils import timezone

from accounts.rotation import FailureClass
from generation.errors import leaves
from generation.models import Generation, GenerationEvent
from generation.templatetags.generation_extras import EVENT_COLOURS, STATUS_COLOURS, seconds
from generation.wording import ERRORS, REASONS, SENTENCES, spending
from tests.factories import make_account, make_api_key, make_generation, make_media

LIST = reverse("admin:generation_generation_changelist")
Status = Generation.Status
Kind = GenerationEvent.Kind
IN_MEMORY = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}


@override_settings(STORAGES=IN_MEMORY)
class AdminTestCase(TestCase):
    def setUp(self) -> None:
        self.client.force_login(User.objects.create_superuser("operator"))

    def page(self, url: str) -> str:
        response = self.client.get(url)
        assert response.status_code == 200
        return str(response.content.decode())

    def shown(self, **query: str) -> set[Generation]:
        return set(self.client.get(LIST, query).context["cl"].result_list)


class OddAddressTests(AdminTestCase):
    def test_whatever_stands_in_the_address_is_no_error(self) -> None:
        make_generation()
        for query in (
            "account=99999999999999999999",
            "api_key=abc",
            "which=xyz&p=999999",
            "status__exact=xyz",
            "o=abc",
        ):
            with self.subTest(query):
                assert self.client.get(f"{LIST}?{query}", follow=True).status_code == 200


def detail_url(generation: Generation) -> str:
    return reverse("admin:generation_generation_change", args=[generation.pk])


class WordingTests(TestCase):
    """Whatever the engine stores has words and a colour."""

    def test_each_status_has_a_colour(self) -> None:
        assert set(STATUS_COLOURS) == set(Status)

    def test_each_kind_of_event_has_a_colour_and_a_sentence(self) -> None:
        assert set(EVENT_COLOURS) == set(Kind) == set(SENTENCES)

    def test_each_error_has_words(self) -> None:
        assert set(ERRORS) == {leaf.code for leaf in leaves()}

    def test_each_fault_of_an_account_has_words(self) -> None:
        assert set(FailureClass) <= set(REASONS)

    def test_a_sentence_needs_no_fact(self) -> None:
        for kind, tell in SENTENCES.items():
            with self.subTest(kind):
                assert tell({})

    def test_what_is_spent_is_known_by_what_jimeng_accepted(self) -> None:
        table: list[tuple[dict[str, Any], str]] = [
            ({"status": Status.QUEUED}, "no"),
            ({"status": Status.RUNNING}, "no"),
            ({"status": Status.SUBMITTING}, "maybe"),
            ({"status": Status.SUBMITTED}, "yes"),
            ({"status": Status.SUCCEEDED}, "yes"),
            ({"status": Status.CANCELLED}, "no"),
            ({"status": Status.FAILED, "error_code": "insufficient_quota"}, "no"),
            ({"status": Status.FAILED, "error_code": "outcome_unknown"}, "maybe"),
            ({"status": Status.FAILED, "error_code": "timed_out", "history_record_id": "7"}, "yes"),
        ]
        for fields, wanted in table:
            with self.subTest(fields):
                assert spending(make_generation(**fields)) == wanted

    def test_durations_are_said_in_two_units(self) -> None:
        assert [seconds(each) for each in (8.44, 200, 7260)] == ["8.4 s", "3 min 20 s", "2 h 1 min"]


class GenerationListTests(AdminTestCase):
    def test_it_shows_who_asked_what_of_whom(self) -> None:
        generation = make_generation(
            prompt="a lighthouse " * 20, account=make_account(name="studio"), api_key=make_api_key(name="WebUI")
        )
        page = self.page(LIST)
        for words in (generation.public_id, "jimeng-4.5", "studio", "WebUI", "a lighthouse a", "succeeded"):
            assert words in page
        assert generation.prompt.strip() not in page

    def test_a_failure_says_why(self) -> None:
        make_generation(status=Status.FAILED, error_code="content_policy_violation")
        assert "rejected by Jimeng&#x27;s content filter" in self.page(LIST)

    def test_prompts_are_escaped(self) -> None:
        generation = make_generation(prompt="<script>alert(1)</script>")
        assert "<script>alert(1)" not in self.page(LIST)
        assert "<script>alert(1)" not in self.page(detail_url(generation))

    def test_a_long_list_is_never_counted_and_its_queries_do_not_grow(self) -> None:
        for _ in range(3):
            generation = make_generation(account=make_account(), api_key=make_api_key())
            make_media(generation=generation)
        with self.assertNumQueries(4) as queries:  # session, user, generations, their media
            self.client.get(LIST)
        assert not any("COUNT(" in each["sql"] for each in queries)

    def test_filters_narrow_it(self) -> None:
        now = timezone.now()
        account, key = make_account(), make_api_key()
        old = make_generation(created_at=now - timedelta(days=40))
        queued = make_generation(status=Status.QUEUED)
        video = make_generation(kind="video")
        other = make_generation(model="jimeng-3.1")
        mine = make_generation(account=account, api_key=key)
        table: list[tuple[dict[str, str], set[Generation]]] = [
            ({"status__exact": "queued"}, {queued}),
            ({"kind__exact": "video"}, {video}),
            ({"model": "jimeng-3.1"}, {other}),
            ({"account__id__exact": str(account.pk)}, {mine}),
            ({"api_key__id__exact": str(key.pk)}, {mine}),
            ({"when": "older"}, {old}),
            ({"when": "month"}, {queued, video, other, mine}),
            ({}, {queued, video, other, mine, old}),
        ]
        for query, wanted in table:
            with self.subTest(query):
                assert self.shown(**query) == wanted

    def test_it_is_searched_by_whole_id_or_by_words_of_the_prompt(self) -> None:
        tower = make_generation(prompt="A Lighthouse at night")
        cat = make_generation(prompt=f"not {tower.public_id}")
        assert self.shown(q=tower.public_id) == {tower}
        assert self.shown(q="lighthouse AT") == {tower}
        assert self.shown(q="nothing like it") == set()
        assert self.shown(q=" ") == {tower, cat}


class GenerationDetailTests(AdminTestCase):
    def test_nothing_can_be_changed_made_or_deleted(self) -> None:
        generation = make_generation()
        assert self.client.get(reverse("admin:generation_generation_add")).status_code == 403
        assert self.client.post(detail_url(generation), {"status": "queued"}).status_code == 403
        delete = reverse("admin:generation_generation_delete", args=[generation.pk])
        assert self.client.post(delete, {"post": "yes"}).status_code == 403
        assert 'name="_save"' not in self.page(detail_url(generation))

    def test_it_is_found_by_its_public_id(self) -> None:
        # The admin would read `_24` as a quoted sign.
        for number, public_id in enumerate(("gen_ab12cd34", "gen_2423a557", "gen_40000000")):
            with self.subTest(public_id):
                make_generation(prompt=f"lighthouse {number}", public_id=public_id)
                url = reverse("admin:generation_generation_change", args=[public_id])
                assert f"lighthouse {number}" in self.page(url)

    def test_it_shows_what_was_asked_and_what_was_done_without_raw_json(self) -> None:
        generation = make_generation(
            requested={"model": "dall-e-3", "size": "1792x1024"},
            seed=2_512_345_678,
            account=make_account(name="studio"),
        )
        page = self.page(detail_url(generation))
        for words in ("dall-e-3", "1792x1024", "2048 × 2048", "2512345678", "spent, Jimeng accepted", "studio"):
            assert words in page
        assert "&quot;" not in page.split('id="content"')[1]

    def test_events_are_told_in_sentences(self) -> None:
        account = make_account(name="studio")
        generation = make_generation(account=account)
        steps: list[tuple[str, dict[str, Any], str]] = [
            (Kind.CREATED, {"model": "jimeng-4.5", "credits": 3}, "Asked for with jimeng-4.5, about 3 credits."),
            (Kind.CLAIMED, {"account": "studio", "attempt": 1}, "Given to the account studio, attempt 1."),
            (
                Kind.REQUEUED,
                {"reason": "busy", "text": "ret 1310"},
                "nothing spent: the account has too many tasks at once. (ret 1310)",
            ),
            (Kind.SUBMITTING, {"submit_id": str(uuid.uuid4())}, "from here on credits may be spent"),
            (
                Kind.SUBMITTED,
                {"record_id": "77", "forecast_s": 12.4},
                "record 77: the credits are spent. Jimeng forecasts 12 s.",
            ),
            (Kind.SUCCEEDED, {"pictures": 1}, "Finished with 1 file."),
            (Kind.MEDIA_STORED, {"position": 1}, "File 2 was fetched later"),
        ]
        for number, (kind, facts, _) in enumerate(steps):
            at = generation.created_at + timedelta(seconds=number)
            GenerationEvent.objects.create(generation=generation, kind=kind, at=at, account=account, detail=facts)
        page = self.page(detail_url(generation))
        for _, _, words in steps:
            assert words in page
        assert "+6.0 s" in page

    def test_files_are_shown_with_their_addresses_or_with_why_not(self) -> None:
        generation = make_generation()
        stored = make_media(generation=generation)
        make_media(generation=generation, content=b"", fetch_due_at=timezone.now())
        make_media(generation=generation, content=b"")
        page = self.page(detail_url(generation))
        assert f"/media/{stored.public_id}.webp?s=" in page
        assert "fetched again at" in page
        assert "could not be fetched" in page
        assert "x-signature" not in page  # the upstream's own signed address

    def test_its_queries_do_not_grow_with_files_and_events(self) -> None:
        generation = make_generation(account=make_account(), api_key=make_api_key())
        for number in range(3):
            make_media(generation=generation)
            GenerationEvent.objects.create(
                generation=generation,
                kind=Kind.CLAIMED,
                at=timezone.now(),
                account=make_account(),
                detail={"attempt": number},
            )
        self.client.get(detail_url(generation))  # fills the process's memory of content types
        with self.assertNumQueries(6):  # session, user, generation, media, inputs, events
            self.client.get(detail_url(generation))
