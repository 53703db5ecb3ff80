"""Words of django-unfold that our pages show. It ships no Chinese; listed here, `makemessages` keeps ours."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

WORDS = (
    _("Select record"),
    _("Select action"),
    _("Select action to run"),
    _("Select value"),
    _("Select all rows"),
    _("Dataset not found. No action performed."),
    _("Filters"),
    _("Apply Filters"),
    _("Reset filters"),
    _("Type to search"),
    _("No results found"),
    _("This page yielded into no results. Create a new item or reset your filters."),
    _("Expand row"),
    _("Run"),
    _("Cancel"),
    _("More actions"),
    _("All applications"),
    _("True"),
    _("False"),
    _("General"),
    _("Name"),
    _("No data"),
    _("Previous"),
    _("Next"),
    _("Go back"),
    _("Return to site"),
    _("Welcome"),
    _("Welcome back to"),
    _("You have been successfully logged out from the administration"),
    _("Light"),
    _("Dark"),
    _("System"),
    _("Date"),
    _("Toggle password visibility"),
    _("After you've created a user, you’ll be able to edit more user options."),
    _(
        "Raw passwords are not stored, so there is no way to see this user’s password, but you can change the password "
        'using <a href="{}" class="text-primary-600 dark:text-primary-500">this form</a>.'
    ),
)
