"""The gateway's own settings, in a data folder that is thrown away, with an upstream that answers nothing."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

_DATA_DIR = tempfile.mkdtemp(prefix="gateway-tests-")
atexit.register(shutil.rmtree, _DATA_DIR, ignore_errors=True)

os.environ.update(
    {
        "JIMENG_ENV_FILE": "",
        "JIMENG_DATA_DIR": _DATA_DIR,
        "JIMENG_UPSTREAM": "sandbox",
        "JIMENG_BASE_URL": "http://127.0.0.1:9",  # nobody listens there
        "JIMENG_IMAGEX_URL": "http://127.0.0.1:9",
        "LANGUAGE_CODE": "en",
        "JIMENG_CHECK_IN": "false",  # balances change only by what a test does
    }
)

from jimeng_site.settings import *  # noqa: E402, F403
from jimeng_site.settings import ALLOWED_HOSTS as _HOSTS  # noqa: E402

ALLOWED_HOSTS = [*_HOSTS, "testserver"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
