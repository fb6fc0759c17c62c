"""Frozen dataclasses to and from plain JSON values. What a class does not know, it refuses."""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Mapping
from typing import Any, Literal, TypeVar

from liveness.errors import InputError

C = TypeVar("C")


def to_dict(config: Any) -> dict[str, Any]:
    """A config dataclass as plain JSON values."""
    return typing.cast("dict[str, Any]", json.loads(json.dumps(dataclasses.asdict(config))))


def from_dict(cls: type[C], values: Mapping[str, Any], where: str = "") -> C:
    """A config dataclass from plain JSON values.

    Raises InputError for unknown keys, missing keys and values of another type, naming the key.
    """
    name = where or cls.__name__
    if not isinstance(values, Mapping):
        raise InputError(f"{name}: expected an object, got {type(values).__name__}")
    fields = {f.name: f for f in dataclasses.fields(cls)}  # type: ignore[arg-type]
    unknown = sorted(set(values) - set(fields))
    if unknown:
        raise InputError(f"{name}: unknown setting {', '.join(unknown)}")
    required = {
        f.name
        for f in fields.values()
        if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
    }
    missing = sorted(required - set(values))
    if missing:
        raise InputError(f"{name}: missing {', '.join(missing)}")
    hints = typing.get_type_hints(cls)
    return cls(**{k: _convert(hints[k], v, f"{name}.{k}") for k, v in values.items()})


def _convert(hint: Any, value: Any, where: str) -> Any:
    """One JSON value as the type that the field asks for."""
    origin = typing.get_origin(hint)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return from_dict(hint, value, where)
    if origin is Literal:
        if value in typing.get_args(hint):
            return value
        raise InputError(
            f"{where}: expected one of {', '.join(map(str, typing.get_args(hint)))}, got {value!r}"
        )
    if origin in (typing.Union, types.UnionType):
        if value is None:
            return None
        return _convert(next(a for a in typing.get_args(hint) if a is not type(None)), value, where)
    if origin is tuple:
        return _tuple(typing.get_args(hint), value, where)
    if origin is not None and isinstance(value, Mapping):
        return {str(k): _convert(typing.get_args(hint)[1], v, f"{where}.{k}") for k, v in value.items()}
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(hint, type) and isinstance(value, hint) and not (hint is int and isinstance(value, bool)):
        return value
    raise InputError(f"{where}: expected {getattr(hint, '__name__', hint)}, got {value!r}")


def _tuple(args: tuple[Any, ...], value: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(value, (list, tuple)):
        raise InputError(f"{where}: expected a list, got {value!r}")
    if len(args) == 2 and args[1] is Ellipsis:
        return tuple(_convert(args[0], v, where) for v in value)
    if len(args) != len(value):
        raise InputError(f"{where}: expected {len(args)} values, got {len(value)}")
    return tuple(_convert(a, v, where) for a, v in zip(args, value))
