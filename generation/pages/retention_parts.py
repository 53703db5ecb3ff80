"""What the retention page shows, made ready for its template."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.core.files.storage import FileSystemStorage, storages
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import ApiKey
from generation.media_states import small_picture_path
from generation.models import Media
from generation.retention import Amount, Going, Plan, Policy, Room, Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRow:
    """An API key with a number of its own. `days`: 0 for ever. `url`: where it is changed."""

    name: str
    days: int
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomRow:
    name: str
    amount: Amount
    is_total: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A file that would go. `thumbnail`: "" if it has none."""

    url: str
    thumbnail: str
    prompt: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GoingRow:
    reason: str
    amount: Amount
    examples: list[Example]


def key_rows(policy: Policy) -> list[KeyRow]:
    if not policy.key_days:
        return []
    keys = ApiKey.objects.filter(pk__in=policy.key_days).order_by("name", "pk")
    listed = reverse("admin:accounts_apikey_changelist")
    return [KeyRow(name=key.name, days=policy.key_days[key.pk], url=f"{listed}?q={key.prefix}") for key in keys]


def room_rows(room: Room) -> list[RoomRow]:
    return [
        RoomRow(name=_("Pictures"), amount=room.images),
        RoomRow(name=_("Videos"), amount=room.videos),
        RoomRow(name=_("All"), amount=room.all, is_total=True),
        RoomRow(name=_("of which pinned"), amount=room.pinned),
        RoomRow(name=_("of which in the trash"), amount=room.trash),
    ]


def free_bytes() -> int | None:
    """On the disk of the files; None for a bucket."""
    if not isinstance(storages["default"], FileSystemStorage):
        return None
    try:
        return shutil.disk_usage(settings.MEDIA_ROOT).free
    except FileNotFoundError:  # nothing has been stored yet
        return shutil.disk_usage(settings.JIMENG_DATA_DIR).free


def going_rows(plan: Plan) -> list[GoingRow]:
    if not plan.going:
        return []
    ids = [public_id for going in plan.going for public_id in going.examples]
    rows = Media.objects.filter(public_id__in=ids, removed_at=None).select_related("generation")
    only = (
        "public_id",
        "kind",
        "file",
        "thumbnail",
        "removed_at",
        "removed_why",
        "generation__public_id",
        "generation__prompt",
    )
    found = {media.public_id: media for media in rows.only(*only)}
    names = dict(ApiKey.objects.filter(pk__in=plan.policy.key_days).values_list("pk", "name"))
    return [
        GoingRow(
            reason=_reason(going, plan.policy, names),
            amount=going.amount,
            examples=[_example(found[each]) for each in going.examples if each in found],
        )
        for going in plan.going
    ]


def _example(media: Media) -> Example:
    return Example(
        url=reverse("generation:detail", args=[media.generation.public_id]),
        thumbnail=small_picture_path(media),
        prompt=media.generation.prompt,
        kind=media.get_kind_display(),
    )


def _reason(going: Going, policy: Policy, names: Mapping[int, str]) -> str:
    match Rule(going.rule):
        case Rule.TRASH:
            days = policy.trash_days
            return ngettext("In the trash for %(days)s day", "In the trash for %(days)s days", days) % {"days": days}
        case Rule.KEY:
            days = policy.key_days[going.key_id]
            told = {"days": days, "key": names.get(going.key_id, "?")}
            return (
                ngettext(
                    "Of the API key %(key)s, older than %(days)s day",
                    "Of the API key %(key)s, older than %(days)s days",
                    days,
                )
                % told
            )
        case Rule.AGE:
            days = policy.keep_days
            return ngettext("Older than %(days)s day", "Older than %(days)s days", days) % {"days": days}
        case Rule.SIZE:
            return _("The oldest, until all fit into %(gb)s GB") % {"gb": f"{policy.keep_bytes / 10**9:g}"}
