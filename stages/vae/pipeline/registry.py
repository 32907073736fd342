"""Objects of classes that parameters choose by name."""

import inspect
from collections.abc import Mapping
from typing import Any, TypeVar

Kind = TypeVar("Kind")


def make(kinds: Mapping[str, type[Kind]], name: str, **settings: Any) -> Kind:
    """Make an object of the class of this name.

    Of the settings of all classes it gets those that its constructor's arguments name.
    """
    kind = kinds[name]
    declared = inspect.signature(kind).parameters
    return kind(**{key: value for key, value in settings.items() if key in declared})
