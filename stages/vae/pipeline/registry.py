"""Classes by the names that parameters have for them."""

import inspect
from collections.abc import Mapping
from typing import Any, TypeVar

Kind = TypeVar("Kind")


def make(kinds: Mapping[str, type[Kind]], name: str, **settings: Any) -> Kind:
    """Make an object of the class of this name, from the settings that it declares.

    A class declares settings as the arguments of its constructor; others are left out.

    Args:
        kinds: classes by name.
        name: one of these.
        settings: those of all classes.
    """
    kind = kinds[name]
    declared = inspect.signature(kind).parameters
    return kind(**{key: value for key, value in settings.items() if key in declared})
