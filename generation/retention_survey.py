"""How much room results take, and what of it the retention policy would remove: one walk over all files.

In short steps, each a query over some thousand rows, since there may be millions: whoever walks lets others have the
database in between, or gives up when it takes too long. Equal bytes are stored once and count once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from django.db.models import Case, Count, Exists, F, Max, OuterRef, Q, QuerySet, Sum, When

from generation.models import Generation, Media
from generation.retention_policy import NO_RULE, Policy, Rule, may_go_by_size, prunable, rule_of
from generation.slices import slices

ROWS_A_STEP: Final = 1000  # some 10 ms
EXAMPLES: Final = 6  # of each rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """`size_bytes`: of distinct contents, without small pictures."""

    files: int = 0
    size_bytes: int = 0

    def plus(self, files: int, size_bytes: int) -> Amount:
        return Amount(files=self.files + files, size_bytes=self.size_bytes + size_bytes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What is stored. `trash`, `pinned`: of `images` and `videos`."""

    images: Amount = Amount()
    videos: Amount = Amount()
    trash: Amount = Amount()
    pinned: Amount = Amount()

    @property
    def all(self) -> Amount:
        return self.images.plus(self.videos.files, self.videos.size_bytes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Going:
    """What a rule would remove now. `key_id`: of the rule of keys, 0 else. `examples`: public ids, the oldest first.

    `amount`: the room that is freed at least: what another row holds, too, counts nothing.
    """

    rule: str
    key_id: int = 0
    amount: Amount = Amount()
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """As it was `at` that time, under that `policy`. `going`: in the order of the rules, without idle ones."""

    at: datetime
    policy: Policy
    room: Room
    going: tuple[Going, ...]

    @property
    def all_going(self) -> Amount:
        total = Amount()
        for each in self.going:
            total = total.plus(each.amount.files, each.amount.size_bytes)
        return total


class Survey:
    """`step` until it says False; then there is a `plan`."""

    def __init__(self, policy: Policy, at: datetime) -> None:
        self._policy, self._at = policy, at
        self._room = Room()
        self._going: dict[tuple[str, int], Going] = {}
        self._steps = self._walk()

    def step(self) -> bool:
        """A little of it. False: that was all."""
        return next(self._steps, None) is not None

    @property
    def plan(self) -> Plan:
        order = list(Rule)
        going = sorted(self._going.values(), key=lambda each: (order.index(Rule(each.rule)), each.key_id))
        return Plan(at=self._at, policy=self._policy, room=self._room, going=tuple(going))

    def _walk(self) -> Iterator[bool]:
        newest = Media.objects.aggregate(newest=Max("pk"))["newest"] or 0
        for low in range(0, newest, ROWS_A_STEP):
            self._count(low)
            yield True
        excess = self._room.all.size_bytes - self.plan.all_going.size_bytes - self._policy.keep_bytes
        if self._policy.keep_bytes and excess > 0:
            for piece in slices(prunable(), "created_at", size=ROWS_A_STEP):
                excess -= self._count_oldest(piece, excess)
                if excess <= 0:
                    return
                yield True

    def _count(self, low: int) -> None:
        """The files with the next primary keys."""
        rows = _stored().filter(pk__gt=low, pk__lte=low + ROWS_A_STEP).annotate(rule=rule_of(self._policy, self._at))
        key = Case(When(rule=Rule.KEY, then=F("generation__api_key_id")))
        kinds = rows.annotate(
            key=key, trashed=_is(Q(deleted_at__isnull=False)), is_pinned=_is(Q(pinned_at__isnull=False)),
            first=_is(no_twin(pk__lt=OuterRef("pk"))), only_one=_is(~Q(rule=NO_RULE) & no_twin()),
        )  # fmt: skip
        wanted = kinds.values("kind", "rule", "key", "trashed", "is_pinned", "first", "only_one").order_by()
        for row in wanted.annotate(files=Count("pk"), size=Sum("size_bytes")):
            self._add_room(row)
            if row["rule"] != NO_RULE:
                key_id = row["key"] or 0
                going = self._add_going(row["rule"], key_id, row["files"], (row["size"] or 0) * row["only_one"])
                if len(going.examples) < EXAMPLES:
                    same = rows.filter(rule=going.rule, **({"generation__api_key_id": key_id} if key_id else {}))
                    self._add_examples(going, same.order_by("pk"))

    def _add_room(self, row: Mapping[str, Any]) -> None:
        files, size_bytes = row["files"], (row["size"] or 0) * row["first"]
        room = self._room
        if row["kind"] == Generation.Kind.VIDEO:
            room = replace(room, videos=room.videos.plus(files, size_bytes))
        else:
            room = replace(room, images=room.images.plus(files, size_bytes))
        if row["trashed"]:
            room = replace(room, trash=room.trash.plus(files, size_bytes))
        if row["is_pinned"]:
            room = replace(room, pinned=room.pinned.plus(files, size_bytes))
        self._room = room

    def _add_going(self, rule: str, key_id: int, files: int, size_bytes: int) -> Going:
        before = self._going.get((rule, key_id), Going(rule=rule, key_id=key_id))
        going = replace(before, amount=before.amount.plus(files, size_bytes))
        self._going[rule, key_id] = going
        return going

    def _add_examples(self, going: Going, rows: QuerySet[Media]) -> None:
        more = [each for each in rows.values_list("public_id", flat=True)[:EXAMPLES] if each not in going.examples]
        self._going[going.rule, going.key_id] = replace(going, examples=(*going.examples, *more)[:EXAMPLES])

    def _count_oldest(self, piece: QuerySet[Media], excess: int) -> int:
        """By the rule of size, no more than what is in excess. Returns how many bytes that is."""
        rows = piece.annotate(rule=rule_of(self._policy, self._at)).filter(may_go_by_size(self._policy), rule=NO_RULE)
        found = rows.annotate(only_one=_is(no_twin())).order_by("created_at", "pk")
        freed = files = 0
        examples: list[str] = []
        for public_id, size_bytes, only_one in found.values_list("public_id", "size_bytes", "only_one"):
            if freed >= excess:
                break
            files, freed = files + 1, freed + (size_bytes or 0) * only_one
            if len(examples) < EXAMPLES:
                examples.append(public_id)
        if files:
            going = self._add_going(Rule.SIZE, 0, files, freed)
            self._going[Rule.SIZE, 0] = replace(going, examples=(*going.examples, *examples)[:EXAMPLES])
        return freed


def _stored() -> QuerySet[Media]:
    return Media.objects.exclude(file="").filter(removed_at__isnull=True)


def no_twin(**conditions: object) -> Q:
    """No other row has the same content. One without a checksum is taken to be alone."""
    twins = _stored().filter(sha256=OuterRef("sha256"), **conditions).exclude(pk=OuterRef("pk"))
    return Q(sha256="") | Q(~Exists(twins))


def _is(condition: Q) -> Case:
    return Case(When(condition, then=1), default=0)
