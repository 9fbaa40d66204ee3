"""Where rooms hear that facts about a unit have changed: a survey, a complaint, a case.

What is judged from facts (key supervision, warnings) registers with `@hears_of_facts`
and only notes the unit down: the act that changed the facts does not wait for it.
"""

from collections.abc import Callable

from enterprises.models import Enterprise

_HEARERS: list[Callable[[int], None]] = []


def hears_of_facts(hearer: Callable[[int], None]) -> Callable[[int], None]:
    """Register a function that is told the key of a unit whose facts have changed."""
    if hearer not in _HEARERS:
        _HEARERS.append(hearer)
    return hearer


def facts_changed(enterprise: Enterprise | int | None) -> None:
    """Tell, in the transaction of the act, that facts about a unit have changed."""
    if enterprise is None:
        return
    key = enterprise if isinstance(enterprise, int) else enterprise.pk
    for hearer in _HEARERS:
        hearer(key)
