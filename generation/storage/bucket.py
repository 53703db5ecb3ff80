"""A bucket of an S3-compatible store: private objects, read in ranges and never through a file of this machine.

Only loaded where JIMENG_STORAGE is s3; the packages it needs are in requirements-s3.txt.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cached_property
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.utils import timezone
from storages.backends.s3 import S3Storage

from generation.storage.plain import Entry, PlainStore, Source, StoredFile

CONNECTIONS: Final = 32
TOUCH_AFTER: Final = timedelta(minutes=10)  # a touch is a copy of the object: one that is young stays as it is
# Stores that know buckets only as names of hosts, as their manuals say (seen 2026-11); all others know them as paths.
_BY_HOST: Final = ("aliyuncs.com", "volces.com", "myqcloud.com", "amazonaws.com", "amazonaws.com.cn")


class BucketStorage(S3Storage):  # type: ignore[misc]  # django-storages ships no types
    """Django's view of the bucket; `own_store` is ours. All options are given: none is read from other settings."""

    def __init__(self, **options: Any) -> None:
        config = _client_config(options.get("endpoint_url"))
        super().__init__(client_config=config, default_acl=None, file_overwrite=True, **options)

    def own_store(self) -> BucketStore:
        return BucketStore(self)


class StoreTrouble(OSError):
    """The store of objects refuses or cannot be reached."""


@contextmanager
def _troubles(name: str) -> Iterator[None]:
    """Troubles of the store as OSErrors; what is not there as FileNotFoundError. Their texts hold no secrets."""
    try:
        yield
    except ClientError as error:
        facts = error.response
        code = str(facts.get("Error", {}).get("Code", ""))
        status = facts.get("ResponseMetadata", {}).get("HTTPStatusCode")
        if status == HTTPStatus.NOT_FOUND and code != "NoSuchBucket":
            raise FileNotFoundError(name) from error
        raise StoreTrouble(f"The store of objects says {code or status}.") from error
    except (BotoCoreError, Boto3Error) as error:
        raise StoreTrouble(f"The store of objects cannot be reached: {type(error).__name__}.") from error


class _Object(StoredFile):
    """One request for what is read, begun when it is read first."""

    def __init__(self, client: Any, where: dict[str, str], size_bytes: int) -> None:
        super().__init__(size_bytes)
        self._client = client
        self._where = where
        self._start, self._left = 0, size_bytes
        self._body: Any = None

    def part(self, start: int, length: int) -> None:
        self.close()
        self._start, self._left = start, length

    def read(self, size: int = -1) -> bytes:
        wanted = self._left if size < 0 else min(size, self._left)
        if wanted <= 0:
            return b""
        with _troubles(self._where["Key"]):
            if self._body is None:
                span = f"bytes={self._start}-{self._start + self._left - 1}"
                self._body = self._client.get_object(**self._where, Range=span)["Body"]
            content: bytes = self._body.read(wanted)
        self._left -= len(content)
        return content

    def close(self) -> None:
        body, self._body = self._body, None
        if body is not None:
            body.close()


class BucketStore(PlainStore):
    """One client for all threads: boto3's clients may be shared, its resources may not."""

    def __init__(self, storage: Any) -> None:
        super().__init__(storage)
        self._options = storage

    @cached_property
    def _client(self) -> Any:
        return self._options.connection.meta.client

    def _where(self, name: str) -> dict[str, str]:
        prefix = self._options.location.strip("/")
        return {"Bucket": self._options.bucket_name, "Key": f"{prefix}/{name}" if prefix else name}

    def save(self, name: str, source: Source) -> str:
        """An object is there whole or not at all: so does S3 promise."""
        where, kind = self._where(name), _content_type(name)
        with _troubles(name):
            if isinstance(source, bytes):
                self._client.put_object(**where, Body=source, ContentType=kind)
            else:
                source.flush()  # what a full disk does not take shows here
                self._client.upload_file(
                    source.name, **where, ExtraArgs={"ContentType": kind}, Config=TransferConfig(max_concurrency=2)
                )
        return name

    def open(self, name: str) -> StoredFile:
        found = self.find(name)
        if found is None:
            raise FileNotFoundError(name)
        return _Object(self._client, self._where(name), found.size_bytes)

    def find(self, name: str) -> Entry | None:
        try:
            with _troubles(name):
                facts = self._client.head_object(**self._where(name))
        except FileNotFoundError:
            return None
        return Entry(name=name, size_bytes=facts["ContentLength"], modified_at=facts["LastModified"])

    def touch(self, entry: Entry) -> None:
        if timezone.now() - entry.modified_at < TOUCH_AFTER:
            return
        where = self._where(entry.name)
        with _troubles(entry.name):
            # S3 takes a copy of an object onto itself only if something about it is new: its metadata are "replaced".
            self._client.copy_object(
                **where, CopySource=where, MetadataDirective="REPLACE", ContentType=_content_type(entry.name)
            )

    def delete(self, name: str) -> None:
        with _troubles(name):
            self._client.delete_object(**self._where(name))

    def entries(self, folder: str) -> Iterator[Entry]:
        where = self._where("")
        with _troubles(folder):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=where["Bucket"], Prefix=f"{where['Key']}{folder}/"
            )
            for page in pages:
                for each in page.get("Contents", ()):
                    modified_at: datetime = each["LastModified"]
                    yield Entry(
                        name=each["Key"].removeprefix(where["Key"]), size_bytes=each["Size"], modified_at=modified_at
                    )


def _content_type(name: str) -> str:
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


def _client_config(endpoint_url: str | None) -> Config:
    host = urlsplit(endpoint_url or "").hostname or ""
    by_host = not host or any(host == each or host.endswith(f".{each}") for each in _BY_HOST)
    return Config(
        s3={"addressing_style": "virtual" if by_host else "path"},
        signature_version="s3v4",
        connect_timeout=5,
        read_timeout=30,
        retries={"mode": "standard", "total_max_attempts": 3},
        max_pool_connections=CONNECTIONS,
        # Checksums of Amazon's own that other stores do not know; their TLS and ETags serve.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
