"""Mistakes in the settings of where files are kept, and for how long."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from django.core.files.storage import storages
from django.test import override_settings

from generation.checks import check_retention, check_storage
from generation.storage.bucket import BucketStorage
from tests.buckets import Buckets

GOOD: dict[str, Any] = {
    "JIMENG_STORAGE": "s3",
    "JIMENG_S3_BUCKET": "pictures",
    "JIMENG_S3_ENDPOINT_URL": "",
    "JIMENG_S3_ACCESS_KEY_ID": "",
    "JIMENG_S3_SECRET_ACCESS_KEY": "",
}


@pytest.mark.parametrize(
    ("over", "ids"),
    [
        ({}, []),
        ({"JIMENG_S3_ENDPOINT_URL": "http://minio:9000"}, []),
        ({"JIMENG_STORAGE": "local", "JIMENG_S3_BUCKET": ""}, []),
        ({"JIMENG_STORAGE": "ftp"}, ["generation.E001"]),
        ({"JIMENG_S3_BUCKET": ""}, ["generation.E003"]),
        ({"JIMENG_S3_ENDPOINT_URL": "minio:9000"}, ["generation.E004"]),
        ({"JIMENG_S3_ACCESS_KEY_ID": "id", "JIMENG_S3_SECRET_ACCESS_KEY": "secret"}, []),
        ({"JIMENG_S3_ACCESS_KEY_ID": "id"}, ["generation.E005"]),
        ({"JIMENG_S3_SECRET_ACCESS_KEY": "secret"}, ["generation.E005"]),
    ],
)
def test_each_is_found(over: dict[str, Any], ids: list[str]) -> None:
    with override_settings(**GOOD | over):
        assert [each.id for each in check_storage(None)] == ids


@pytest.mark.parametrize("name", ["JIMENG_KEEP_DAYS", "JIMENG_KEEP_GB", "JIMENG_TRASH_DAYS"])
def test_keeping_less_than_nothing_is_found(name: str) -> None:
    with override_settings(**{name: 0}):
        assert check_retention(None) == []
    with override_settings(**{name: -1}):
        (error,) = check_retention(None)
    assert (error.id, error.msg) == ("generation.E006", f"{name} must not be below 0.")


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    with override_settings(**GOOD):
        (error,) = check_storage(None)
    assert (error.id, error.hint) == ("generation.E002", "pip install -r requirements-s3.txt")
    assert "boto3 cannot be imported" in error.msg


@pytest.mark.parametrize(
    ("endpoint_url", "style"),
    [
        (None, "virtual"),
        ("http://minio:9000", "path"),
        ("http://127.0.0.1:9000", "path"),
        ("https://oss-cn-beijing.aliyuncs.com", "virtual"),
        ("https://tos-s3-cn-beijing.volces.com", "virtual"),
        ("https://notaliyuncs.com", "path"),
    ],
)
def test_a_bucket_is_addressed_as_its_store_knows_it(endpoint_url: str | None, style: str) -> None:
    options = {"bucket_name": "pictures", "endpoint_url": endpoint_url}
    with override_settings(
        STORAGES={"default": {"BACKEND": "generation.storage.bucket.BucketStorage", "OPTIONS": options}}
    ):
        storage: Any = storages["default"]
        assert isinstance(storage, BucketStorage)
        assert storage.client_config.s3["addressing_style"] == style


def test_objects_are_private_and_a_file_replaces_its_namesake() -> None:
    with Buckets() as server:
        storage = BucketStorage(**server.options)
        assert (storage.default_acl, storage.file_overwrite, storage.querystring_auth) == (None, True, True)
