"""What pages say of a result file: whether it is here, and why not."""

from __future__ import annotations

from html import unescape
from typing import Any

from django.utils import timezone

from generation.media_states import media_state, missing_in_words, small_picture_path
from generation.models import Generation
from generation.pages.create_results import card_of
from generation.viewing import Viewer
from tests.factories import make_generation, make_media
from tests.generation.creating import CreatePageCase

NOW = timezone.now()
GONE: dict[str, Any] = {"content": b"", "removed_at": NOW, "removed_why": "retention"}
# fields; state, words, whether there is a small picture
TABLE: list[tuple[dict[str, Any], tuple[str, str, bool]]] = [
    ({}, ("stored", "", True)),
    ({"kind": "video"}, ("stored", "", False)),
    ({"kind": "video", "thumbnail": "a.webp"}, ("stored", "", True)),
    ({"content": b"", "fetch_due_at": NOW}, ("fetching", "its file is being fetched", False)),
    ({"content": b""}, ("missing", "its file is not here; look for it again", False)),
    (GONE, ("removed", "removed by the retention policy", False)),
    (GONE | {"thumbnail": "a.webp"}, ("removed", "removed by the retention policy", True)),
    (GONE | {"removed_at": None, "deleted_at": NOW}, ("removed", "removed by the retention policy", False)),
    (GONE | {"removed_why": "trash"}, ("removed", "deleted by a person", False)),
    (GONE | {"removed_why": ""}, ("removed", "removed", False)),
]


class MediaStateTests(CreatePageCase):
    def test_one_answer_for_all_pages(self) -> None:
        for fields, told in TABLE:
            media = make_media(**fields)
            with self.subTest(fields):
                assert (media_state(media), missing_in_words(media), bool(small_picture_path(media))) == told

    def test_a_card_says_why_a_file_is_not_there(self) -> None:
        viewer = Viewer.of(self.operator)
        for fields, (state, words, _has_small) in TABLE:
            if fields.get("deleted_at"):
                continue
            row = make_generation(status=Generation.Status.SUCCEEDED)
            make_media(generation=row, **fields)
            (file,) = card_of(viewer, row.public_id).files
            page = unescape(self.client.get(f"/create/cards/{row.public_id}/").content.decode())
            with self.subTest(fields):
                assert (file.state, bool(file.url)) == (state, state == "stored")
                assert words[:1].upper() + words[1:] in page
                assert ("is being fetched" in page) == (state == "fetching")
