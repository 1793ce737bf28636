"""A column that holds a kind: the declaration in Python, its value in the database."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from keys.kinds import BY_VALUE, Kind


class KindField(models.CharField):  # type: ignore[type-arg]  # its values are declared below
    """`row.kind` is the Kind itself."""

    _pyi_private_set_type: Kind  # type: ignore[assignment]
    _pyi_private_get_type: Kind  # type: ignore[assignment]
    _pyi_lookup_exact_type: Kind | str

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["max_length"] = 32
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        del kwargs["max_length"]
        return name, path, args, kwargs

    def from_db_value(self, value: str | None, expression: object, connection: object) -> Kind | None:
        return None if value is None else BY_VALUE[value]

    def to_python(self, value: object) -> Any:
        if value is None or isinstance(value, Kind):
            return value
        try:
            return BY_VALUE[str(value)]
        except KeyError:
            raise ValidationError(f"{value} is no kind of credential.") from None

    def get_prep_value(self, value: object) -> Any:
        return value.value if isinstance(value, Kind) else value
