"""Files of input pictures that no request needs."""

from __future__ import annotations

import base64
import os
import tempfile
from datetime import timedelta
from pathlib import Path

from asgiref.sync import sync_to_async
from django.test import TestCase, override_settings
from django.utils import timezone

from generation.inputs import InlineSource, StoredInput, inputs_prune, read_inputs
from generation.models import InputImage
from tests.factories import make_generation
from tests.generation.hostile_pictures import picture

DAY = timedelta(days=1)


async def read(width: int) -> StoredInput:
    text = base64.b64encode(picture(width=width)).decode()
    (stored,) = await read_inputs([InlineSource(text=text, param="image")])
    return stored


def use(stored: StoredInput) -> None:
    InputImage.objects.create(
        generation=make_generation(),
        position=0,
        file=stored.name,
        sha256=stored.sha256,
        content_type=stored.content_type,
        width=stored.width,
        height=stored.height,
        size_bytes=stored.size_bytes,
        origin=stored.origin,
    )


class PruneTests(TestCase):
    def setUp(self) -> None:
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.enterContext(override_settings(MEDIA_ROOT=folder))
        self.root = Path(folder)
        self.now = timezone.now()

    def age(self, stored: StoredInput) -> None:
        """As if it was last used two days ago."""
        at = (self.now - 2 * DAY).timestamp()
        os.utime(self.root / stored.name, (at, at))

    def is_there(self, stored: StoredInput) -> bool:
        return (self.root / stored.name).exists()

    async def test_only_old_files_without_a_row_are_deleted(self) -> None:
        used, orphan, young = [await read(width) for width in (32, 48, 64)]
        await sync_to_async(use)(used)
        self.age(used)
        self.age(orphan)
        assert await inputs_prune(older_than=self.now - DAY) == 1
        assert [self.is_there(each) for each in (used, orphan, young)] == [True, False, True]

    async def test_a_file_that_was_used_again_counts_as_new(self) -> None:
        orphan = await read(32)
        self.age(orphan)
        assert await read(32) == orphan
        assert await inputs_prune(older_than=self.now - DAY) == 0
        assert self.is_there(orphan)

    async def test_a_deleted_file_is_stored_anew(self) -> None:
        orphan = await read(32)
        self.age(orphan)
        assert await inputs_prune(older_than=self.now - DAY) == 1
        assert await read(32) == orphan
        assert self.is_there(orphan)

    async def test_nothing_stored_yet_is_no_error(self) -> None:
        assert await inputs_prune(older_than=self.now) == 0
