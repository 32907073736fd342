"""Construction of objects whose class is a parameter."""

import inspect
from collections.abc import Mapping
from typing import Any, TypeVar

Kind = TypeVar("Kind")


def make(kinds: Mapping[str, type[Kind]], name: str, **settings: Any) -> Kind:
    """Make an object of the class `kinds[name]`.

    The constructor gets the settings that are among its arguments.
    """
    kind = kinds[name]
    declared = inspect.signature(kind).parameters
    return kind(**{key: value for key, value in settings.items() if key in declared})
