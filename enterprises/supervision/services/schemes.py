"""Which scheme, grounds and limits hold in a district: nation, province, plan."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.core.exceptions import ValidationError

from gridinspect.law import Limit
from gridinspect.workdays.models import ExceptionDay
from gridinspect.workdays.rules import Due
from grids.models import Grid, Policy
from grids.policy import (
    Grade,
    GradeCriterion,
    GradeScheme,
    KeyGround,
    PolicyError,
    PolicyValues,
    PublicCandidate,
    limit,
)
from grids.services.law import Law
from grids.services.policies import policy_on, values_of


class Refused(ValidationError):
    """It may not be done that way; the message says why, in Chinese."""

    def __str__(self) -> str:
        return self.messages[0]


@dataclass(frozen=True)
class Scheme:
    """A scheme of grades in one version of one policy."""

    policy: Policy
    scheme: GradeScheme
    grades: tuple[Grade, ...]
    criteria: tuple[GradeCriterion, ...]

    @property
    def id(self) -> str:
        """Return what a page or command calls it: national-2017@2."""
        return f"{self.scheme.key}@{self.policy.version}"

    @property
    def name(self) -> str:
        """Return the scheme's name with its version, and that it is an example."""
        example = (
            "" if "示例" in self.scheme.name or not self.scheme.example else "示例"
        )
        return f"{self.scheme.name}{example}（{self.policy}）"

    def grade(self, key: str) -> Grade | None:
        """Return a grade of the scheme."""
        return next((one for one in self.grades if one.key == key), None)


def layers_at(
    district: Grid, on: date, plan: PolicyValues | None = None, law: Law | None = None
) -> tuple[PolicyValues, ...]:
    """Return nation, province and plan of a district on a day; or with another plan."""
    if plan is None and (follows := policy_on(district, on)):
        plan = follows.values
    layers = (law or Law()).layers(district.city.province, on=on)
    return (*layers, *([plan] if plan else []))


def every_scheme() -> list[Scheme]:
    """Return every scheme of every loaded version, the newest versions first."""
    policies = Policy.objects.defer("document").order_by("layer", "slug", "-version")
    return [one for policy in policies for one in schemes_in(policy)]


def schemes_in(policy: Policy, values: PolicyValues | None = None) -> list[Scheme]:
    """Return the schemes of one version."""
    values = values or values_of(policy)
    return [
        Scheme(
            policy, scheme, values.grades_of(scheme.key), values.criteria_of(scheme.key)
        )
        for scheme in values.grade_schemes
    ]


def scheme_at(district: Grid, on: date) -> Scheme | None:
    """Return the scheme of a district on a day: the nearest that is no example."""
    for values in reversed(layers_at(district, on)):
        usable = [one for one in values.grade_schemes if not one.example]
        if usable:
            policy = Policy.objects.defer("document").get(
                slug=values.id, version=values.version
            )
            schemes = [
                one for one in schemes_in(policy, values) if one.scheme in usable
            ]
            begun = [one for one in schemes if one.scheme.since <= on]
            return (begun or schemes)[-1]
    return None


def scheme_named(name: str) -> Scheme | None:
    """Return a scheme by its id; without a version the newest of that name."""
    return next(
        (
            one
            for one in every_scheme()
            if name in (one.id, one.scheme.key, f"{one.policy.slug}/{one.id}")
        ),
        None,
    )


def grounds_in(layers: Sequence[PolicyValues]) -> tuple[KeyGround, ...]:
    """Return the grounds of the nearest layer that has any."""
    return next((one.key_grounds for one in reversed(layers) if one.key_grounds), ())


def candidates_in(layers: Sequence[PolicyValues]) -> tuple[PublicCandidate, ...]:
    """Return what makes a candidate for publication, of the nearest layer with any."""
    rows = (one.public_candidates for one in reversed(layers))
    return next((found for found in rows if found), ())


def violation_kinds(layers: Sequence[PolicyValues]) -> tuple[str, ...]:
    """Return the kinds of major violations that are published (29号令)."""
    for layer in reversed(layers):
        if found := layer.checklist("major_violations"):
            return found.items
    return ()


def category_of(row: PublicCandidate, kinds: Sequence[str]) -> str:
    """Return the kind that a candidate is listed under, in words."""
    if row.category.isascii() and row.category.isdigit():
        place = int(row.category) - 1
        return kinds[place] if place < len(kinds) else row.category
    return row.category


def limit_at(rule: str, district: Grid, on: date) -> Limit:
    """Return a limit (T50 …) as it holds in a district. Raises Refused."""
    layers = layers_at(district, on)
    try:
        return limit(rule, *layers)
    except PolicyError as error:
        raise Refused(str(error)) from error


def due(rule: str, district: Grid, start: date) -> Due:
    """Return the last day of a limit that begins on a day. Raises Refused."""
    found = limit_at(rule, district, start)
    calendar = ExceptionDay.objects.as_calendar()
    match found.unit:
        case "working_days":
            return calendar.add(start, found.value)
        case "months":
            return calendar.add_months(start, found.value, roll=False)
        case "years":
            return calendar.add_months(start, 12 * found.value, roll=False)
    return calendar.add_natural(start, found.value)
