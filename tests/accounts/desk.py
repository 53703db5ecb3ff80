"""What the tests of the admin start from."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.test import TestCase
from django.urls import reverse

from accounts.models import Account

LIST = reverse("admin:accounts_account_changelist")
ADD = reverse("admin:accounts_account_add")


class AdminTestCase(TestCase):
    def setUp(self) -> None:
        self.operator = User.objects.create_superuser("operator")
        self.client.force_login(self.operator)

    def page(self, url: str) -> str:
        response = self.client.get(url)
        assert response.status_code == 200
        return str(response.content.decode())

    def act(self, action: str, *accounts: Account) -> list[str]:
        """Runs an action of the list; returns the messages."""
        given = {"action": action, "_selected_action": [each.pk for each in accounts]}
        response = self.client.post(LIST, given, follow=True)
        return [str(each) for each in response.context["messages"]]


def change_url(account: Account) -> str:
    return reverse("admin:accounts_account_change", args=[account.pk])


def form_of(account: Account, **over: Any) -> dict[str, Any]:
    return {"name": account.name, "enabled": "on", "priority": account.priority, "tags": "", "notes": "", **over}
