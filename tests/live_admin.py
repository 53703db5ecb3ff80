"""A person in the admin of a running gateway, and a visitor of its pages: forms are posted as a browser would."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import httpx

from tests.live import Gateway

OPERATOR = {"DJANGO_SUPERUSER_USERNAME": "operator", "DJANGO_SUPERUSER_PASSWORD": "a-long-one-for-tests"}
"""Settings of a gateway whose operator may log in, once `sign_in` has made them."""


class Browser:
    """Keeps cookies and sends the CSRF token, as a page with forms makes a browser do."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.http = httpx.Client(base_url=gateway.url, timeout=20, trust_env=False, follow_redirects=True)

    def page(self, path: str, *, status: int = 200) -> str:
        response = self.http.get(path)
        assert response.status_code == status, (path, response.status_code)
        return response.text

    def post(self, path: str, **fields: Any) -> httpx.Response:
        """Without a CSRF cookie first, as one who was never on a page, the gateway answers 403."""
        token = self.http.cookies.get("csrftoken")
        given = {**fields, **({"csrfmiddlewaretoken": token} if token else {})}
        return self.http.post(path, data=given, headers={"origin": self.gateway.url, "referer": f"{self.gateway.url}/"})

    def sign_in(self) -> None:
        self.gateway.manage("createsuperuser", "--noinput", "--email", "operator@example.com")
        self.page("/admin/login/")
        self.post(
            "/admin/login/",
            username=OPERATOR["DJANGO_SUPERUSER_USERNAME"],
            password=OPERATOR["DJANGO_SUPERUSER_PASSWORD"],
        )
        assert "operator" in self.page("/admin/")

    def renewal_link(self, account_id: int) -> str:
        """The path of a new link, by its button on the account's page."""
        page = self.post(f"/admin/accounts/account/{account_id}/renewal-link/").text
        found = re.search(r'value="https?://[^/"]+(/renew/[^"]+)"', page)
        assert found is not None, page[-3000:]
        return unescape(found[1])

    def close(self) -> None:
        self.http.close()
