"""What the form offers is what the specs accept, for every model: nothing less, nothing more."""

from __future__ import annotations

from itertools import product

from django.test import SimpleTestCase

from generation.catalog import MODELS, RATIOS, VIDEO_RATIOS
from generation.errors import InvalidSpec
from generation.pages.create_form import Draft
from generation.pages.create_options import Options, models_for, options_of, settled
from generation.specs import VideoSpec
from tests.generation.creating import CreatePageCase

ALL_RATIOS = ("", *dict.fromkeys((*RATIOS, *VIDEO_RATIOS, "5:4", "1:9")))
ALL_RESOLUTIONS = ("1k", "2k", "4k", "720p", "1080p", "8k")
ALL_SECONDS = ("5", "10", "12", "7", "0")
ALL_COUNTS = ("", "1", "10", "0", "11")
ALL_FORMATS = ("", "png", "jpeg", "webp", "gif")


def offered(options: Options, kind: str) -> dict[str, set[str]]:
    """All values that can be chosen in the form."""
    found = {
        "ratio": {each.value for each in options.ratios},
        "resolution": {each.value for each in options.resolutions},
    }
    if kind == "video":
        return {**found, "seconds": {each.value for each in options.seconds}}
    return {
        **found,
        "count": {"", *(each.value for each in options.counts)},
        "output_format": {"", *(each.value for each in options.formats)},
    }


def is_accepted(draft: Draft) -> bool:
    try:
        draft.spec(())
    except InvalidSpec:
        return False
    return True


class CatalogTests(SimpleTestCase):
    def test_every_choice_that_is_offered_is_accepted_and_no_other(self) -> None:
        for info in MODELS.values():
            draft = Draft(kind=info.kind, model=info.name, prompt="a cat")
            offers = offered(options_of(draft, None), info.kind)
            tried = {"ratio": ALL_RATIOS, "resolution": ALL_RESOLUTIONS}
            tried |= {"seconds": ALL_SECONDS} if info.kind == "video" else {"count": ALL_COUNTS}
            tried |= {} if info.kind == "video" else {"output_format": ALL_FORMATS}
            for name, values in tried.items():
                for value in values:
                    with self.subTest(model=info.name, choice=name, value=value):
                        given = Draft(kind=info.kind, model=info.name, prompt="a cat", **{name: value})  # type: ignore[arg-type]
                        assert is_accepted(given) == (value in offers[name])

    def test_choices_go_together(self) -> None:
        for info in MODELS.values():
            offers = offered(options_of(Draft(kind=info.kind, model=info.name), None), info.kind)
            for chosen in product(*offers.values()):
                fields = dict(zip(offers, chosen, strict=True))
                draft = Draft(kind=info.kind, model=info.name, prompt="a cat", **fields)  # type: ignore[arg-type]
                assert is_accepted(draft), (info.name, fields)
                assert settled(draft, None) == (draft, [])

    def test_every_model_is_offered_for_its_kind(self) -> None:
        for kind in ("image", "video"):
            names = {choice.value for choice in options_of(Draft(kind=kind, model="x"), None).models}
            assert names == {info.name for info in MODELS.values() if info.kind == kind}
            assert names == {info.name for info in models_for(kind, None)}

    def test_what_is_chosen_is_what_an_open_choice_means(self) -> None:
        for info in MODELS.values():
            options = options_of(Draft(kind=info.kind, model=info.name), None)
            spec = Draft(kind=info.kind, model=info.name, prompt="a cat").spec(())
            assert [each.value for each in options.resolutions if each.chosen] == [spec.resolution]
            if isinstance(spec, VideoSpec):
                assert [each.value for each in options.seconds if each.chosen] == [str(spec.seconds)]


class SettlingTests(CreatePageCase):
    def settle(self, **fields: str) -> tuple[Draft, list[str]]:
        return settled(Draft(**fields), None)  # type: ignore[arg-type]

    def test_what_another_model_lacks_falls_back_with_a_note(self) -> None:
        draft, notes = self.settle(kind="video", model="jimeng-video-2.0", seconds="12", ratio="9:16")
        assert (draft.seconds, draft.ratio) == ("", "9:16")
        assert notes == ["jimeng-video-2.0 has no 12 s: back to its default."]

    def test_going_to_the_other_kind_and_back_finds_the_models_again(self) -> None:
        draft, notes = self.settle(kind="video", model="jimeng-4.0", resolution="4k")
        assert (draft.model, draft.other_model, draft.resolution, notes) == ("jimeng-video-3.0", "jimeng-4.0", "", [])
        back, _ = settled(Draft(kind="image", model=draft.model, other_model=draft.other_model), None)
        assert (back.model, back.other_model) == ("jimeng-4.0", "jimeng-video-3.0")

    def test_a_model_that_is_not_there_falls_back_with_a_note(self) -> None:
        draft, notes = self.settle(model="jimeng-9.9")
        assert draft.model == "jimeng-4.5"
        assert notes == ["jimeng-9.9 cannot be used here."]

    def test_the_fragment_follows_the_model(self) -> None:
        answer = self.client.post("/create/options/", {"kind": "video", "model": "jimeng-4.5", "seconds": "5"})
        page = answer.content.decode()
        assert page.lstrip().startswith('<div id="options"')
        assert 'value="1080p"' in page
        assert 'value="4k"' not in page
        assert answer["HX-Trigger"] == "options-changed"

    def test_without_a_script_a_button_changes_the_options_and_keeps_the_rest(self) -> None:
        answer = self.ask(action="update", kind="video", prompt="a cat runs", seed="8")
        page = answer.content.decode()
        assert answer.status_code == 200
        assert 'id="seconds-5"' in page
        assert "a cat runs</textarea>" in page
        assert 'value="8"' in page

    def test_learned_prices_are_shown(self) -> None:
        from generation import catalog

        catalog.prices_use({("jimeng-4.5", "2k"): 17})
        self.addCleanup(catalog.prices_use, {})
        choices = {each.value: each.price for each in options_of(Draft(model="jimeng-4.5"), None).models}
        assert choices["jimeng-4.5"] == "≈ 17 credits"
