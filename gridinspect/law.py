"""How this code speaks of numbers that the law fixes."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Limit:
    """A number set by a regulation: its value, unit, source and first day in force.

    `layer` says who set it (national, a province, a plan); an unverified limit holds
    until the bureau confirms or corrects it, and is shown as such.
    """

    value: int
    unit: str  # working_days, natural_days, months, years, persons, …
    source: str
    since: date
    verified: bool = True
    clause: str = ""
    layer: str = "national"
