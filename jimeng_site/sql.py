"""Plain SQL for the few statements that run several times in every generation.

Django's ORM spends 0.2 ms and more to compile an UPDATE that SQLite executes in 0.01 ms (docs/adr/0005-hot-sql.md).
Values still go through the model's own fields, so both databases store what the ORM would.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, TypeVar

from django.db import connection, models

M = TypeVar("M", bound=models.Model)


def update_where(
    model: type[models.Model],
    *,
    where: Mapping[str, Any],
    values: Mapping[str, Any],
    add: Mapping[str, int] | None = None,
) -> int:
    """UPDATE … SET values, and columns of `add` raised, WHERE all of `where` (equality, or IN for a tuple).

    Returns the number of rows.
    """
    add = add or {}
    conditions = tuple((name, _many(value)) for name, value in where.items())
    sql = _update_sql(model, conditions, tuple(values), tuple(add), _vendor())
    params = [*(_prepared(model, name, value) for name, value in values.items()), *add.values()]
    for name, value in where.items():
        each = value if isinstance(value, tuple) else (value,)
        params.extend(_prepared(model, name, one) for one in each)
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        changed: int = cursor.rowcount
    return changed


def insert_rows(
    model: type[models.Model], names: Sequence[str], rows: Sequence[Sequence[Any]], *, ignore_conflicts: bool = False
) -> None:
    """INSERT these fields of many rows. Fields that are left out take no Python default: name all that have none."""
    if rows:
        with connection.cursor() as cursor:
            sql = _insert_sql(model, tuple(names), ignore_conflicts, _vendor())
            cursor.executemany(sql, list(_prepared_rows(model, names, rows)))


def load_rows(model: type[models.Model], names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """The same for hundreds of thousands of rows: by COPY on PostgreSQL."""
    if _vendor() != "postgresql":
        insert_rows(model, names, rows)
        return
    quote = connection.ops.quote_name
    columns = ", ".join(quote(_column(model, name)) for name in names)
    sql = f"COPY {quote(model._meta.db_table)} ({columns}) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(sql) as copy:
        for row in _prepared_rows(model, names, rows):
            copy.write_row(row)


def insert_objects(objects: Sequence[M]) -> None:
    """INSERT unsaved instances of one model, all fields, and set their primary keys."""
    for each in objects:
        model = type(each)
        fields = _insertable(model)
        params = [field.get_db_prep_save(getattr(each, field.attname), connection) for field in fields]
        with connection.cursor() as cursor:
            cursor.execute(_insert_one_sql(model, _vendor()), params)
            each.pk = cursor.fetchone()[0]
        each._state.adding, each._state.db = False, connection.alias


def _prepared_rows(
    model: type[models.Model], names: Sequence[str], rows: Sequence[Sequence[Any]]
) -> Iterator[list[Any]]:
    fields = [_field(model, name) for name in names]
    for row in rows:
        yield [field.get_db_prep_save(value, connection) for field, value in zip(fields, row, strict=True)]


def _many(value: Any) -> int:
    return len(value) if isinstance(value, tuple) else 0


def _vendor() -> str:
    return connection.vendor


@cache
def _field(model: type[models.Model], name: str) -> models.Field[Any, Any]:
    field = model._meta.get_field(name)
    assert isinstance(field, models.Field)  # noqa: S101  (reverse relations are never written)
    return field


def _prepared(model: type[models.Model], name: str, value: Any) -> Any:
    return _field(model, name).get_db_prep_save(value, connection)


@lru_cache(maxsize=256)
def _update_sql(
    model: type[models.Model],
    where: tuple[tuple[str, int], ...],
    names: tuple[str, ...],
    added: tuple[str, ...],
    _vendor: str,
) -> str:
    quote = connection.ops.quote_name
    conditions = [
        f"{quote(_column(model, name))} IN ({', '.join(['%s'] * many)})"
        if many
        else f"{quote(_column(model, name))} = %s"
        for name, many in where
    ]
    assignments = [f"{quote(_column(model, name))} = %s" for name in names]
    raised = [quote(_column(model, name)) for name in added]
    assignments += [f"{column} = {column} + %s" for column in raised]
    table = quote(model._meta.db_table)
    return f"UPDATE {table} SET {', '.join(assignments)} WHERE {' AND '.join(conditions)}"  # noqa: S608  (our own names)


@lru_cache(maxsize=64)
def _insert_sql(model: type[models.Model], names: tuple[str, ...], ignore_conflicts: bool, _vendor: str) -> str:
    quote = connection.ops.quote_name
    columns = ", ".join(quote(_column(model, name)) for name in names)
    marks = ", ".join(["%s"] * len(names))
    table = quote(model._meta.db_table)
    ending = " ON CONFLICT DO NOTHING" if ignore_conflicts else ""
    return f"INSERT INTO {table} ({columns}) VALUES ({marks}){ending}"  # noqa: S608  (our own names)


@lru_cache(maxsize=16)
def _insertable(model: type[models.Model]) -> tuple[models.Field[Any, Any], ...]:
    return tuple(field for field in model._meta.concrete_fields if not field.primary_key)


@lru_cache(maxsize=16)
def _insert_one_sql(model: type[models.Model], vendor: str) -> str:
    key = connection.ops.quote_name(_column(model, model._meta.pk.name))
    names = tuple(field.name for field in _insertable(model))
    return f"{_insert_sql(model, names, False, vendor)} RETURNING {key}"


def _column(model: type[models.Model], name: str) -> str:
    column = _field(model, name).column
    assert column is not None  # noqa: S101  (only generated relations have none)
    return column
