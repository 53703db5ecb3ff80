"""Where people log in, staff and others alike."""

from __future__ import annotations

from django.contrib.auth.views import LoginView


class Login(LoginView):
    """Who is logged in already goes on to `next`, or to the first page."""

    template_name = "pages/login.html"
    redirect_authenticated_user = True

    def get_success_url(self) -> str:
        """Never this page itself: it would lead in a circle."""
        url = super().get_success_url()
        return self.get_default_redirect_url() if url.partition("?")[0] == self.request.path else url
