"""How columns are declared: the base of all tables, and one function per column type of ours.

Texts are `text` with a check instead of enums, times are `timestamptz`, JSON is `jsonb` and written whole. Names of
constraints are those that Postgres gives, so that the tables equal the migrations, which name none.
"""

import re
from typing import Any, cast

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Text,
    UniqueConstraint,
)
from sqlalchemy import text as sql_text
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, JSONB, TIMESTAMP, base
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlalchemy.orm import declared_attr
from sqlalchemy.types import UserDefinedType
from sqlmodel import Field, SQLModel

SCHEMA = "dg"


class Table(SQLModel):
    """Base of every table model. Table models do not validate: their values come from the domain's constructors."""

    metadata = MetaData(
        schema=SCHEMA,
        naming_convention={
            "pk": "%(table_name)s_pkey",
            "uq": "%(table_name)s_%(column_0_N_name)s_key",
            "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        },
    )

    @declared_attr.directive
    @classmethod
    def __tablename__(cls) -> str:  # pyright: ignore[reportIncompatibleVariableOverride]  # the documented way
        """The class name in the form of the database: `DialogDetail` -> `dialog_detail`."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()


class Xid8(UserDefinedType[int]):
    """A transaction id that never wraps; SQLAlchemy knows no such type."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """Name of the type in SQL."""
        return "xid8"


# So that reflection knows the type too.
cast("dict[str, Any]", base.ischema_names)["xid8"] = Xid8


def _field(sql_type: Any, **options: Any) -> Any:
    default, identity = options.pop("default_sql", None), options.pop("identity", None)
    arguments = (Identity(always=identity == "always"),) if identity else ()
    keywords: dict[str, Any] = {"server_default": sql_text(default)} if default else {}
    if "column_name" in options:
        keywords["name"] = options.pop("column_name")
    return Field(sa_type=sql_type, sa_column_args=arguments, sa_column_kwargs=keywords, **options)


def text(**options: Any) -> Any:
    """A text. Options of all functions here: those of `Field`, `default_sql`, `identity`, `column_name`."""
    return _field(Text, **options)


def texts(**options: Any) -> Any:
    """An array of texts."""
    return _field(ARRAY(Text), **options)


def uuid(**options: Any) -> Any:
    """A UUID."""
    return _field(PG_UUID(as_uuid=True), **options)


def integer(**options: Any) -> Any:
    """32 bits."""
    return _field(Integer, **options)


def bigint(**options: Any) -> Any:
    """64 bits."""
    return _field(BigInteger, **options)


def smallint(**options: Any) -> Any:
    """16 bits."""
    return _field(SmallInteger, **options)


def flag(**options: Any) -> Any:
    """True or false."""
    return _field(Boolean, **options)


def at(**options: Any) -> Any:
    """A point in time, with its zone."""
    return _field(TIMESTAMP(timezone=True), **options)


def json(**options: Any) -> Any:
    """A JSON value; changes inside it are not seen, so whole values are written. None is NULL."""
    return _field(JSONB(none_as_null=True), **options)


def binary(**options: Any) -> Any:
    """Bytes."""
    return _field(BYTEA, **options)


def xid8(**options: Any) -> Any:
    """A transaction id."""
    return _field(Xid8, **options)


def one_of(table: str, column: str, *values: str) -> CheckConstraint:
    """The column holds one of these texts."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} in ({listed})", name=f"{table}_{column}_check")


def holds(name: str, condition: str) -> CheckConstraint:
    """A condition on the row, under the name that Postgres gave it."""
    return CheckConstraint(condition, name=name)


def unique(*columns: str) -> UniqueConstraint:
    """These columns together occur once."""
    return UniqueConstraint(*columns)


def key(*columns: str, include: tuple[str, ...] = ()) -> PrimaryKeyConstraint:
    """The primary key, where its order is not that of the columns or it carries more of them."""
    return (
        PrimaryKeyConstraint(*columns, postgresql_include=list(include)) if include else PrimaryKeyConstraint(*columns)
    )


def part_of(table: str) -> ForeignKeyConstraint:
    """The row belongs to an instance or dialog of the same org and party, so its copy of these cannot drift."""
    columns = [f"{table}_id", "org", "party_id"]
    return ForeignKeyConstraint(columns, [f"{SCHEMA}.{table}.{column}" for column in columns])


def index(name: str, *columns: str, where: str | None = None, **options: Any) -> Index:
    """An index; `columns` may end in ` desc`. Options: `unique`, `include`, `ops`."""
    keywords = {f"postgresql_{key}": options[key] for key in ("include", "ops") if key in options}
    if where:
        keywords["postgresql_where"] = sql_text(where)
    parts = [sql_text(column) if column.endswith(" desc") else column for column in columns]
    return Index(name, *parts, unique=options.get("unique", False), **keywords)
