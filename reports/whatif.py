"""试算: a place's data of a date, worked out by another plan. Nothing is saved.

The calculations are those of dashboards and 人员配备, given the plan as an argument.
"""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from assistants.establishment import Establishment, establishment_of
from enterprises.supervision.facts import asking_once
from gridinspect.accounts.models import User
from grids.models import Grid, Policy, PolicyDraft
from grids.services.drafts import draft_values
from grids.services.law import Law, limits_of, numbers_of
from grids.services.policies import PolicyOnDate, policy_on, values_of
from reports import coverage
from reports.conformance import facts_of, scope_under
from reports.differences import (
    Cell,
    Group,
    Line,
    Plan,
    Side,
    compared,
)
from reports.judging import Judged, judge
from reports.rules import Counts
from reports.whatif_units import watched


@dataclass(frozen=True)
class WhatIf:
    """A place on a date under the plan in force, and under another."""

    place: Grid
    on: date
    left: Side
    right: Side
    groups: list[Group]


def choices(user: User) -> list[tuple[str, str]]:
    """Return the plans that a user may try, as (key, name): versions, then drafts."""
    versions = Policy.objects.filter(layer=Policy.Layer.PLAN).defer("document")
    drafts = PolicyDraft.objects.visible_to(user).order_by("slug", "version", "pk")
    return [
        *((f"policy-{one.pk}", str(one)) for one in versions),
        *((f"draft-{one.pk}", str(one)) for one in drafts),
    ]


def plan_in_force(place: Grid, on: date) -> Plan:
    """Return the plan that a place follows on a date, which may be none."""
    follows = policy_on(place.district or place, on)
    if follows is None:
        return Plan("", "尚未采用实施方案", "", None)
    return Plan("", f"{follows.policy}", follows.policy.get_absolute_url(), follows)


def plan_named(
    key: str, *, user: User | None, on: date, start: date | None
) -> Plan | None:
    """Return a version or a draft by its key, as if followed with this start.

    None when there is none, or none that the user may see; without a user, all.
    """
    which, _, number = key.partition("-")
    if not (number.isascii() and number.isdecimal() and len(number) < 10):
        return None
    if which == "policy":
        plans = Policy.objects.filter(layer=Policy.Layer.PLAN).defer("document")
        policy = plans.filter(pk=number).first()
        return version_as_plan(policy, on=on, start=start) if policy else None
    if which == "draft":
        drafts = PolicyDraft.objects.all()
        if user is not None:
            drafts = PolicyDraft.objects.visible_to(user)
        draft = drafts.filter(pk=number).first()
        return draft_as_plan(draft, on=on, start=start) if draft else None
    return None


def version_as_plan(policy: Policy, *, on: date, start: date | None) -> Plan:
    """Return a loaded version as if it were followed on a date."""
    follows = PolicyOnDate(policy, values_of(policy), on, start, on)
    return Plan(f"policy-{policy.pk}", str(policy), policy.get_absolute_url(), follows)


def draft_as_plan(draft: PolicyDraft, *, on: date, start: date | None) -> Plan:
    """Return a draft as if it had been published; the row of the version isn't made."""
    values = draft_values(draft)
    version = Policy(
        slug=values.id, version=values.version, title=values.title, layer=values.layer
    )
    follows = PolicyOnDate(version, values, on, start, on)
    url = draft.get_absolute_url()
    return Plan(f"draft-{draft.pk}", str(draft), url, follows, has_clauses=False)


def what_if(place: Grid, on: date, other: Plan) -> WhatIf:
    """Work a place's figures out by the plan in force and by another. Saves nothing.

    Both sides are counted now, from the same rows; kept tallies are not looked at.
    """
    law = Law()
    with asking_once():
        left = _side(place, on, plan_in_force(place, on), law)
        right = _side(place, on, other, law)
    return WhatIf(place, on, left, right, compared(left, right))


def posts_under(place: Grid, on: date, plan: Plan) -> Establishment:
    """Return the posts of a place as a plan makes them."""
    under = {place.district_id: plan.values} if plan.values else {}
    return establishment_of(place, on, under=under)


def _side(place: Grid, on: date, plan: Plan, law: Law) -> Side:
    values = plan.values
    layers = law.layers(place.city.province, on=on)  # a borrowed plan moves no province
    if values:
        layers = (*layers, values)
    counts = coverage.counts_under(plan.follows, place, on)
    posts = posts_under(place, on, plan)
    return Side(
        plan=plan,
        counts=counts,
        posts=posts,
        clauses=_clauses(place, plan, counts, posts),
        limits=limits_of(layers),
        numbers=numbers_of(layers) if values else (),
        watched=watched(place, on, layers),
    )


def _clauses(
    place: Grid, plan: Plan, counts: Counts, posts: Establishment
) -> list[Judged]:
    """Return where each clause of a plan would stand, from the same rows."""
    if plan.follows is None:
        return []
    scope = scope_under(plan.follows, place)
    return judge(scope.values, facts_of(scope, counts=counts, posts=posts))


# --- as JSON (the command what_if) ----------------------------------------------------


def as_json(found: WhatIf) -> dict[str, Any]:
    """Return the document of the command `what_if`. Rates are between 0 and 1."""
    return {
        "grid": found.place.code,
        "on": found.on.isoformat(),
        "left": _plan_json(found.left.plan),
        "right": _plan_json(found.right.plan),
        "groups": {
            group.key: [_line_json(line) for line in group.lines]
            for group in found.groups
        },
    }


def _plan_json(plan: Plan) -> dict[str, Any] | None:
    if plan.follows is None:
        return None
    start = plan.follows.programme_start
    return {
        "policy": plan.follows.policy.slug,
        "version": plan.follows.policy.version,
        "is_draft": plan.key.startswith("draft"),
        "programme_start": start.isoformat() if start else None,
    }


def _line_json(line: Line) -> dict[str, Any]:
    return {
        "key": line.key,
        "name": line.name,
        "left": _cell_json(line.left),
        "right": _cell_json(line.right),
        "difference": line.difference,
        "changed": line.is_changed,
    }


def _cell_json(cell: Cell) -> dict[str, Any]:
    value = cell.value
    return {
        "value": float(value) if isinstance(value, Fraction) else value,
        "words": cell.words,
        "clauses": list(cell.clauses),
        "source": cell.source or None,
    }
