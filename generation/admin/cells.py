"""What the admin says about a generation, line by line. Queries nothing: the admin has fetched what is needed."""

from __future__ import annotations

from django.contrib import admin
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.display import NOTHING, ago, badge, cut, moment, two_lines
from generation.admin import panels
from generation.models import Generation
from generation.templatetags.generation_extras import duration, short_id, status_badge
from generation.wording import error_in_words, input_count, operation_in_words, said_beyond, spending

_PROMPT_CHARS = 60
_ERROR_CHARS = 40


class GenerationCells:
    @admin.display(description=gettext_lazy("picture"))
    def picture_cell(self, generation: Generation) -> SafeString | str:
        stored = [media for media in generation.media.all() if media.file]
        if not stored:
            return NOTHING
        if not (stored[0].thumbnail or stored[0].kind == Generation.Kind.IMAGE):
            return format_html('<span class="material-symbols-outlined" title="{}">movie</span>', _("video"))
        url = reverse("admin:generation_thumbnail", args=[stored[0].public_id])
        return format_html('<img class="jm-thumbnail" src="{}" alt="" loading="lazy" width="48" height="48">', url)

    @admin.display(description=gettext_lazy("id"))
    def id_cell(self, generation: Generation) -> SafeString:
        shown = format_html(
            '<span class="font-mono whitespace-nowrap" title="{}">{}</span>',
            generation.public_id,
            short_id(generation.public_id),
        )
        return two_lines(shown, generation.model)

    @admin.display(description=gettext_lazy("status"))
    def status_cell(self, generation: Generation) -> SafeString:
        below = cut(error_in_words(generation.error_code), _ERROR_CHARS) if generation.error_code else ""
        return two_lines(status_badge(generation), below)

    @admin.display(description=gettext_lazy("prompt"))
    def prompt_cell(self, generation: Generation) -> SafeString:
        shown = format_html('<span class="jm-prompt">{}</span>', cut(generation.prompt, _PROMPT_CHARS) or NOTHING)
        return two_lines(shown, input_count(generation))

    @admin.display(description=gettext_lazy("account · API key"))
    def served_cell(self, generation: Generation) -> SafeString:
        account = generation.account.name if generation.account else generation.account_label or NOTHING
        return two_lines(account, generation.api_key.name if generation.api_key else "")

    @admin.display(description=gettext_lazy("credits"))
    def credits_cell(self, generation: Generation) -> SafeString | str:
        """What was spent, estimated by the price list: nothing unless Jimeng accepted the submission."""
        match spending(generation):
            case "yes":
                return str(generation.credits_estimated)
            case "maybe":
                return badge(_("maybe %(count)d") % {"count": generation.credits_estimated}, "warning")
        return "0"

    @admin.display(description=gettext_lazy("took"))
    def duration_cell(self, generation: Generation) -> str:
        return duration(generation)

    @admin.display(description=gettext_lazy("created"), ordering="pk")
    def created_cell(self, generation: Generation) -> SafeString | str:
        return ago(generation.created_at, at=timezone.now())

    # --- the detail page --------------------------------------------------------------------------

    @admin.display(description=gettext_lazy("status"))
    def status_shown(self, generation: Generation) -> SafeString:
        if generation.hidden_at is None:
            return two_lines(status_badge(generation))
        deleted = _("deleted through the API at %(time)s") % {"time": moment(generation.hidden_at)}
        return two_lines(status_badge(generation), deleted)

    @admin.display(description=gettext_lazy("asked by"))
    def operation_shown(self, generation: Generation) -> str:
        return operation_in_words(generation.operation)

    @admin.display(description=gettext_lazy("error"))
    def error_shown(self, generation: Generation) -> SafeString | str:
        if not generation.error_code:
            return NOTHING
        said, code = said_beyond(generation.error_code, generation.error_detail), generation.upstream_code
        if code not in said:
            said = " · ".join(filter(None, [code, said]))
        return two_lines(error_in_words(generation.error_code), said and _("Jimeng: %(words)s") % {"words": said})

    @admin.display(description=gettext_lazy("credits"))
    def credits_shown(self, generation: Generation) -> str:
        words = {
            "yes": gettext_lazy("%(count)d by the price list: spent, Jimeng accepted the submission"),
            "maybe": gettext_lazy("%(count)d by the price list: perhaps spent, Jimeng's answer is not known"),
            "no": gettext_lazy("%(count)d by the price list: not spent"),
        }
        return words[spending(generation)] % {"count": generation.credits_estimated}

    @admin.display(description=gettext_lazy("Jimeng record"))
    def record_shown(self, generation: Generation) -> str:
        return generation.history_record_id or NOTHING

    @admin.display(description=gettext_lazy("part of"))
    def group_shown(self, generation: Generation) -> SafeString | str:
        if not generation.group_id:
            return _("a request of its own")
        url = reverse("admin:generation_generation_change", args=[generation.group_id])
        return format_html('<a class="text-link font-mono" href="{}">{}</a>', url, generation.group_id)

    @admin.display(description=gettext_lazy("prompt"))
    def prompt_shown(self, generation: Generation) -> str:
        return generation.prompt or NOTHING

    @admin.display(description=gettext_lazy("parameters"))
    def requested_shown(self, generation: Generation) -> SafeString | str:
        return panels.requested_lines(generation)

    @admin.display(description=gettext_lazy("parameters"))
    def spec_shown(self, generation: Generation) -> SafeString | str:
        return panels.spec_lines(generation)

    @admin.display(description=gettext_lazy("API key"))
    def key_shown(self, generation: Generation) -> SafeString | str:
        if generation.api_key is None:
            return _("none: pass-through or the key is gone")
        url = reverse("admin:accounts_apikey_change", args=[generation.api_key.pk])
        return format_html('<a class="text-link" href="{}">{}</a>', url, generation.api_key)

    @admin.display(description=gettext_lazy("client"))
    def client_shown(self, generation: Generation) -> str:
        return generation.client or NOTHING

    @admin.display(description=gettext_lazy("account"))
    def account_shown(self, generation: Generation) -> SafeString | str:
        if generation.account is None:
            return generation.account_label or NOTHING
        url = reverse("admin:accounts_account_change", args=[generation.account.pk])
        return format_html('<a class="text-link" href="{}">{}</a>', url, generation.account)

    @admin.display(description=gettext_lazy("created"))
    def created_shown(self, generation: Generation) -> str:
        return moment(generation.created_at)

    @admin.display(description=gettext_lazy("accepted by Jimeng"))
    def submitted_shown(self, generation: Generation) -> str:
        return moment(generation.submitted_at)

    @admin.display(description=gettext_lazy("finished"))
    def finished_shown(self, generation: Generation) -> str:
        return moment(generation.finished_at)

    @admin.display(description=gettext_lazy("deadline"))
    def deadline_shown(self, generation: Generation) -> str:
        return moment(generation.deadline_at)
