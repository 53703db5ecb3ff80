"""The first page of the admin: how the pool is, what it has, what it does, and what a person should look at."""

from jimeng_site.dashboard.page import dashboard

__all__ = ["dashboard"]
