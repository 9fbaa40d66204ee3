"""What must not stand in a text that is published: rooms that keep secrets say so."""

from collections.abc import Callable

from enterprises.models import Enterprise

# Raises ValidationError when a text tells what the room keeps secret of the unit.
Guard = Callable[[Enterprise, str], None]
_GUARDS: list[Guard] = []


def guards_texts(guard: Guard) -> Guard:
    """Register a guard of texts about a unit."""
    if guard not in _GUARDS:
        _GUARDS.append(guard)
    return guard


def check_text(enterprise: Enterprise, text: str) -> None:
    """Raise ValidationError if a text may not be published."""
    for guard in _GUARDS:
        guard(enterprise, text)
