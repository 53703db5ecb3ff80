"""Input pictures of the form: stored at once, named so that only this person can use them, for a day."""

from __future__ import annotations

from datetime import timedelta
from unittest import mock

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings

from generation.models import Generation, InputImage
from generation.pages import create_inputs
from generation.pages.create_inputs import named_pictures
from generation.stored import stored_delete
from generation.viewing import Viewer
from tests.generation.creating import CreatePageCase, png, tokens_in
from tests.generation.hostile_pictures import HTML, PDF, SVG, giant_png, many_passes_jpeg, picture, text_bomb_png


class InputCase(CreatePageCase):
    def drop(self, *files: SimpleUploadedFile, client: Client | None = None) -> tuple[list[str], str, int]:
        """The signed names, what was answered, and its status."""
        answer = (client or self.client).post("/create/inputs/", {"files": list(files)})
        page = answer.content.decode()
        return tokens_in(page), page, answer.status_code


class DroppingTests(InputCase):
    def test_a_dropped_picture_is_stored_and_shown(self) -> None:
        (token,), page, status = self.drop(png("my cat.png"))
        assert status == 200
        assert "my cat.png" in page
        assert not InputImage.objects.exists()  # only a request makes rows
        shown = self.client.get("/create/inputs/preview/", {"picture": token})
        assert shown.status_code == 200
        assert shown["Content-Type"] == "image/webp"
        assert shown["X-Content-Type-Options"] == "nosniff"
        assert shown["Content-Security-Policy"] == "default-src 'none'"
        assert shown.content[8:12] == b"WEBP"

    def test_pictures_go_with_the_request_in_their_order(self) -> None:
        tokens, _, _ = self.drop(png("one.png", width=64), png("two.png", width=80))
        self.ask(input=tokens[::-1], strength="0.8")
        made = Generation.objects.get()
        assert [(each.source, each.width) for each in made.inputs.all()] == [("two.png", 80), ("one.png", 64)]
        assert made.spec["sample_strength"] == 0.8
        assert made.spec["ratio"] == "16:9"  # as the first, 80 x 48

    def test_strength_without_pictures_means_nothing(self) -> None:
        self.ask(strength="0.9")
        assert Generation.objects.get().spec["sample_strength"] == 0.5

    def test_a_video_begins_and_ends_with_them(self) -> None:
        tokens, _, _ = self.drop(png("a.png", width=48, height=64), png("b.png"), png("c.png"))
        self.ask(kind="video", prompt="", input=tokens)
        made = Generation.objects.get()
        assert [each.source for each in made.inputs.all()] == ["a.png", "b.png"]
        assert (made.kind, made.spec["ratio"]) == ("video", "3:4")

    def test_what_is_no_picture_is_refused_in_words(self) -> None:
        for content, reason in (
            (SVG, "not a picture that can be read"),
            (HTML, "not a picture that can be read"),
            (PDF, "not a picture that can be read"),
            (b"", "not a picture that can be read"),
            (picture("PNG")[:-20], "its end is missing"),
            (giant_png(), "too many pixels"),
            (picture("PNG", width=8, height=8), "16 to 8192 pixels"),
            (text_bomb_png(b"zTXt"), ""),
            (many_passes_jpeg(), ""),
        ):
            with self.subTest(reason=reason, begins=content[:12]):
                tokens, page, status = self.drop(SimpleUploadedFile("<b>x</b>.png", content))
                assert (tokens, status) == ([], 422)
                assert "cannot be used" in page
                assert reason in page
                assert "<b>x" not in page

    def test_what_is_good_is_kept_beside_what_is_not(self) -> None:
        tokens, page, status = self.drop(png(), SimpleUploadedFile("evil.svg", SVG))
        assert (len(tokens), status) == (1, 200)
        assert "evil.svg" in page

    def test_no_more_than_ten_are_stored_at_once(self) -> None:
        tokens, page, _ = self.drop(*(png(f"{number}.png") for number in range(11)))
        assert len(tokens) == 10
        assert "At most 10" in page

    @override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=1024 * 1024)
    def test_a_body_that_is_too_large_is_told(self) -> None:
        def large() -> SimpleUploadedFile:
            return SimpleUploadedFile("large.png", bytes(1024 * 1024 + 1))

        tokens, page, status = self.drop(large())
        assert (tokens, status) == ([], 422)
        assert "more than 1 MB" in page
        answer = self.ask(files=[large()])
        assert "more than 1 MB" in answer.context["composer"].errors["inputs"]
        assert not Generation.objects.exists()


class WithoutScriptTests(InputCase):
    def test_files_are_posted_with_the_form(self) -> None:
        self.ask(files=[png("posted.png")])
        assert Generation.objects.get().inputs.get().source == "posted.png"

    def test_a_mistake_elsewhere_keeps_them(self) -> None:
        page = self.refuses("seed", seed="-1", files=[png("posted.png")])
        assert "posted.png" in page
        self.ask(input=tokens_in(page))
        assert Generation.objects.get().inputs.get().source == "posted.png"

    def test_a_file_that_is_no_picture_is_told_at_the_pictures(self) -> None:
        page = self.refuses("inputs", files=[SimpleUploadedFile("evil.svg", SVG), png("good.png")])
        assert "good.png" in page

    def test_pictures_are_moved_and_removed_by_buttons(self) -> None:
        tokens, _, _ = self.drop(png("a.png"), png("b.png"), png("c.png"))
        a, b, c = tokens
        for action, wanted in (
            ("earlier:2", [a, c, b]),
            ("later:0", [b, a, c]),
            ("remove:1", [a, c]),
            ("earlier:0", [a, b, c]),
            ("remove:9", [a, b, c]),
        ):
            with self.subTest(action):
                answer = self.ask(input=tokens, action=action)
                assert tokens_in(answer.content.decode()) == wanted
        assert not Generation.objects.exists()


class NameTests(InputCase):
    def see_refused(self, token: str, client: Client | None = None) -> None:
        assert (client or self.client).get("/create/inputs/preview/", {"picture": token}).status_code == 404
        answer = self.ask(client, input=[token])
        assert answer.status_code == 422
        assert "inputs" in answer.context["composer"].errors
        assert tokens_in(answer.content.decode()) == []
        assert not Generation.objects.exists()

    def test_a_forged_name_is_refused(self) -> None:
        (token,), _, _ = self.drop(png())
        for forged in ("", "x", token[:-1], f"{token}x", token[:5] + "A" + token[6:]):
            with self.subTest(forged):
                self.see_refused(forged)

    def test_another_persons_name_is_refused(self) -> None:
        (token,), _, _ = self.drop(png())
        self.see_refused(token, self.as_person())

    def test_a_name_holds_for_a_day(self) -> None:
        (token,), _, _ = self.drop(png())
        with mock.patch.object(create_inputs, "MAX_AGE", timedelta(seconds=-1)):
            self.see_refused(token)

    def test_a_picture_that_is_not_stored_any_more_is_told(self) -> None:
        (token,), _, _ = self.drop(png(width=77))
        ((_, stored),) = named_pictures([token], Viewer.of(self.operator))
        stored_delete([stored.name])
        self.see_refused(token)
