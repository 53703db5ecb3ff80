"""System checks of where files are kept, and for how long: mistakes found before the first request."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register


@register
def check_storage(app_configs: object, **kwargs: Any) -> list[CheckMessage]:
    if settings.JIMENG_STORAGE not in ("local", "s3"):
        return [Error("JIMENG_STORAGE must be local or s3.", id="generation.E001")]
    return _bucket_errors() if settings.JIMENG_STORAGE == "s3" else []


def _bucket_errors() -> list[CheckMessage]:
    found: list[CheckMessage] = []
    missing = [name for name, module in (("django-storages", "storages"), ("boto3", "boto3")) if not find_spec(module)]
    if missing:
        found.append(
            Error(
                f"JIMENG_STORAGE is s3, but {' and '.join(missing)} cannot be imported.",
                hint="pip install -r requirements-s3.txt",
                id="generation.E002",
            )
        )
    if not settings.JIMENG_S3_BUCKET:
        found.append(
            Error(
                "JIMENG_STORAGE is s3, but JIMENG_S3_BUCKET is empty.",
                hint="Name a bucket that exists, and of which nobody else may read.",
                id="generation.E003",
            )
        )
    endpoint = settings.JIMENG_S3_ENDPOINT_URL
    if endpoint and not endpoint.startswith(("https://", "http://")):
        found.append(
            Error(
                "JIMENG_S3_ENDPOINT_URL must begin with https:// or http://.",
                hint="For example https://oss-cn-beijing.aliyuncs.com or http://minio:9000; empty for Amazon's.",
                id="generation.E004",
            )
        )
    if bool(settings.JIMENG_S3_ACCESS_KEY_ID) != bool(settings.JIMENG_S3_SECRET_ACCESS_KEY):
        found.append(
            Error(
                "JIMENG_S3_ACCESS_KEY_ID and JIMENG_S3_SECRET_ACCESS_KEY must both be set, or neither.",
                hint="With neither, boto3 looks for credentials where it always does.",
                id="generation.E005",
            )
        )
    return found


@register
def check_retention(app_configs: object, **kwargs: Any) -> list[CheckMessage]:
    names = ("JIMENG_KEEP_DAYS", "JIMENG_KEEP_GB", "JIMENG_TRASH_DAYS")
    below = [name for name in names if getattr(settings, name) < 0]
    return [Error(f"{' and '.join(below)} must not be below 0.", id="generation.E006")] if below else []
