"""Model aliases: read from their table now and then, and kept in the admin."""

from __future__ import annotations

from typing import Any

from asgiref.sync import async_to_sync
from django.db import DatabaseError, connection
from django.test import SimpleTestCase, TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from generation import catalog
from generation.aliases import ModelAliases
from generation.catalog import ALIASES, MODELS, aliases_use, resolve_model
from generation.models import ModelAlias
from generation.specs import image_spec
from tests.accounts.desk import AdminTestCase

LIST = reverse("admin:generation_modelalias_changelist")
ADD = reverse("admin:generation_modelalias_add")


class CatalogTests(SimpleTestCase):
    def setUp(self) -> None:
        self.addCleanup(aliases_use, ALIASES)

    def test_a_process_that_read_no_table_knows_the_names_of_clients(self) -> None:
        assert dict(catalog.aliases()) == dict(ALIASES)

    def test_new_aliases_replace_the_old(self) -> None:
        aliases_use({"painter": "jimeng-4.0"})
        assert resolve_model("painter") is MODELS["jimeng-4.0"]
        assert resolve_model("dall-e-3") is None

    def test_an_alias_never_hides_a_model(self) -> None:
        aliases_use({"jimeng-4.5": "jimeng-3.0"})
        assert resolve_model("jimeng-4.5") is MODELS["jimeng-4.5"]

    def test_an_alias_of_a_model_that_is_gone_is_left_out(self) -> None:
        aliases_use({"painter": "jimeng-0.1"})
        assert dict(catalog.aliases()) == {}

    def test_a_spec_does_not_depend_on_the_alias_it_was_asked_by(self) -> None:
        aliases_use({"painter": "jimeng-4.0"})
        spec = image_spec(model="painter", prompt="a cat")
        aliases_use({})
        assert (spec.model, spec.info.name) == ("jimeng-4.0", "jimeng-4.0")


class RefreshTests(TestCase):
    def setUp(self) -> None:
        self.aliases = ModelAliases()
        self.addCleanup(self.aliases.forget)

    def queries_of(self, times: int) -> int:
        with CaptureQueriesContext(connection) as captured:
            for _ in range(times):
                async_to_sync(self.aliases.refresh_if_stale)()
        return len(captured)

    def test_the_table_is_read_once_in_five_seconds(self) -> None:
        assert self.aliases.TTL_S == 5.0
        assert self.queries_of(3) == 1
        self.aliases._stale_at = 0.0  # five seconds later
        assert self.queries_of(3) == 1

    async def test_what_the_migration_wrote_is_what_the_catalog_begins_with(self) -> None:
        await self.aliases.refresh()
        assert dict(catalog.aliases()) == dict(ALIASES)

    async def test_a_change_works_after_the_next_reading(self) -> None:
        await ModelAlias.objects.filter(name="dall-e-3").aupdate(target="jimeng-3.0")
        await ModelAlias.objects.filter(name="dall-e-2").adelete()
        await self.aliases.refresh_if_stale()
        assert resolve_model("dall-e-3") is MODELS["jimeng-3.0"]
        assert resolve_model("dall-e-2") is None

    def test_while_the_table_cannot_be_read_the_old_aliases_stay(self) -> None:
        def refuse(*_: Any) -> None:
            raise DatabaseError("gone")

        aliases_use({"painter": "jimeng-4.0"})
        with connection.execute_wrapper(refuse), self.assertLogs("generation.catalog_table", "WARNING"):
            async_to_sync(self.aliases.refresh)()
        assert dict(catalog.aliases()) == {"painter": "jimeng-4.0"}


class AliasAdminTests(AdminTestCase):
    def refused(self, **fields: str) -> dict[str, list[str]]:
        response = self.client.post(ADD, {"name": "painter", "target": "jimeng-4.0", **fields})
        assert response.status_code == 200
        form = response.context["adminform"].form
        return {name: [str(each) for each in found] for name, found in form.errors.items()}

    def test_the_list_names_models_and_warns_of_those_that_are_gone(self) -> None:
        ModelAlias.objects.create(name="old", target="jimeng-0.1")
        page = self.page(LIST)
        assert "gpt-image-1.5" in page
        assert "This version has no such model" in page

    def test_an_alias_is_added_changed_and_deleted(self) -> None:
        assert self.client.post(ADD, {"name": "org/painter v2", "target": "jimeng-4.0"}).status_code == 302
        alias = ModelAlias.objects.get(name="org/painter v2")
        change = reverse("admin:generation_modelalias_change", args=[alias.pk])
        assert self.client.post(change, {"name": alias.name, "target": "jimeng-video-3.0"}).status_code == 302
        alias.refresh_from_db()
        assert alias.target == "jimeng-video-3.0"
        delete = reverse("admin:generation_modelalias_delete", args=[alias.pk])
        assert self.client.post(delete, {"post": "yes"}).status_code == 302
        assert not ModelAlias.objects.filter(pk=alias.pk).exists()

    def test_the_target_is_chosen_among_the_models(self) -> None:
        page = self.page(ADD)
        for name in MODELS:
            assert f'<option value="{name}">' in page
        assert list(self.refused(target="gpt-5")) == ["target"]

    def test_a_name_is_printable_ascii_short_new_and_no_model(self) -> None:
        for name in ("", "画家", "a\tb", "x" * 101, "jimeng-4.5", "dall-e-3"):
            with self.subTest(name):
                assert list(self.refused(name=name)) == ["name"]

    def test_the_sidebar_leads_there(self) -> None:
        assert f'href="{LIST}"' in self.page(reverse("admin:index"))
