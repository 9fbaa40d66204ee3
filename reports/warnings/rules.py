"""Which rules of early warning hold for a unit, and in which colour. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from grids.policy import COLOURS, PolicyValues, WarningRule, WarningSign

RANK = {"": 0} | {colour: rank for rank, colour in enumerate(COLOURS, 1)}


@dataclass(frozen=True, slots=True)
class Seen:
    """A sign with its figure: the colour, and the figure from which it has it."""

    sign: WarningSign
    value: int
    colour: str

    @property
    def bound(self) -> int:
        return int(getattr(self.sign, self.colour))


@dataclass(frozen=True, slots=True)
class Judged:
    """A rule that holds for a unit: its colour, and the signs that gave it."""

    rule: WarningRule
    colour: str
    seen: tuple[Seen, ...] = ()
    others: tuple[str, ...] = ()  # names of the rules that come together


def colour_of(sign: WarningSign, value: int) -> str:
    """Return the gravest colour whose figure is reached; "" below all of them."""
    reached = [
        colour
        for colour in COLOURS
        if (bound := getattr(sign, colour)) is not None and value >= bound
    ]
    return reached[-1] if reached else ""


def gravest(colours: Iterable[str]) -> str:
    """Return the gravest of some colours; "" for none."""
    return max(colours, key=RANK.__getitem__, default="")


def window(sign: WarningSign, on: date) -> tuple[date, date]:
    """Return the days whose facts count; a sign without a window looks at a year."""
    return on - timedelta(days=sign.days - 1), on


def judge(
    rules: Sequence[WarningRule],
    signs: Sequence[WarningSign],
    values: Mapping[WarningSign, int],
) -> list[Judged]:
    """Return the rules that hold for one unit; those of several together come last."""
    held = [
        Judged(rule, gravest(one.colour for one in seen), seen)
        for rule in rules
        if (seen := _seen(rule, signs, values))
    ]
    names = tuple(one.rule.name for one in held if not one.rule.secret)
    return held + [
        Judged(rule, rule.colour, (), names)
        for rule in rules
        if rule.together and len(names) >= rule.together
    ]


def _seen(
    rule: WarningRule,
    signs: Sequence[WarningSign],
    values: Mapping[WarningSign, int],
) -> tuple[Seen, ...]:
    return tuple(
        Seen(sign, values[sign], colour)
        for sign in signs
        if sign.warning == rule.key and (colour := colour_of(sign, values.get(sign, 0)))
    )


def wants_task(rule: WarningRule, colour: str) -> bool:
    """Tell whether a warning of this colour is looked into without being told."""
    return bool(rule.task_from) and RANK[colour] >= RANK[rule.task_from]


def rules_in(
    layers: Sequence[PolicyValues],
) -> tuple[tuple[WarningRule, ...], tuple[WarningSign, ...]]:
    """Return the rules with their signs: a nearer layer's rule replaces one of its key.

    The layers come from the farthest (nation) to the nearest (plan).
    """
    rules: dict[str, WarningRule] = {}
    signs: dict[str, tuple[WarningSign, ...]] = {}
    for layer in layers:
        for rule in layer.warning_rules:
            rules[rule.key] = rule
            signs[rule.key] = layer.signs_of(rule.key)
    return tuple(rules.values()), tuple(
        sign for of_rule in signs.values() for sign in of_rule
    )
