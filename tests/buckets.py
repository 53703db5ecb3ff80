"""A store of objects that speaks S3 over real HTTP, in this process, and the settings of a gateway that uses it."""

from __future__ import annotations

from typing import Any, Self

import boto3
import httpx
from botocore.config import Config
from moto.server import ThreadedMotoServer

BUCKET, PREFIX = "pictures", "gateway/one"
KEY_ID, SECRET = "AKIDtests", "s3cret-of-tests"


class Buckets:
    """A server with one empty bucket; use it as a context manager. `objects()`: names to sizes."""

    def __enter__(self) -> Self:
        self._server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self._server.start()
        host, port = self._server.get_host_and_port()
        self.url = f"http://{host}:{port}"
        # What it holds is the process's, not the server's: begin with nothing.
        httpx.post(f"{self.url}/moto-api/reset", trust_env=False).raise_for_status()
        self.client: Any = boto3.client(
            "s3",
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=KEY_ID,
            aws_secret_access_key=SECRET,
            config=Config(proxies={}),
        )
        self.client.create_bucket(Bucket=BUCKET)
        return self

    def __exit__(self, *_exc: object) -> None:
        self.client.close()
        self._server.stop()

    def objects(self) -> dict[str, int]:
        listed = self.client.list_objects_v2(Bucket=BUCKET).get("Contents", ())
        return {each["Key"]: each["Size"] for each in listed}

    def delete(self, key: str) -> None:
        self.client.delete_object(Bucket=BUCKET, Key=key)

    @property
    def options(self) -> dict[str, str]:
        """Those of `BucketStorage`."""
        return {
            "bucket_name": BUCKET,
            "endpoint_url": self.url,
            "region_name": "us-east-1",
            "access_key": KEY_ID,
            "secret_key": SECRET,
            "location": PREFIX,
        }

    @property
    def settings(self) -> dict[str, str]:
        """Those of a gateway, as its environment has them."""
        return {
            "JIMENG_STORAGE": "s3",
            "JIMENG_S3_BUCKET": BUCKET,
            "JIMENG_S3_ENDPOINT_URL": self.url,
            "JIMENG_S3_REGION": "us-east-1",
            "JIMENG_S3_ACCESS_KEY_ID": KEY_ID,
            "JIMENG_S3_SECRET_ACCESS_KEY": SECRET,
            "JIMENG_S3_PREFIX": PREFIX,
            "NO_PROXY": "127.0.0.1",
        }
