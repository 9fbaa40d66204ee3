"""Warnings begin, change their colour and end as the facts of a day say."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from enterprises.models import Enterprise
from enterprises.supervision.facts import (
    MOST_ROWS,
    Fact,
    Units,
    facts_of,
    known_keys,
)
from enterprises.supervision.services.schemes import layers_at
from gridinspect.accounts.models import User
from gridinspect.audit.services import record
from grids.models import Grid
from grids.policy import FACTS, PolicyValues, WarningRule, WarningSign
from grids.services.policies import policy_on
from grids.services.tasks import assign_tasks
from reports.warnings import rules
from reports.warnings.models import EarlyWarning, Step

LOT = 5000  # rows that are written at once
KIND = "warning"  # of the tasks that look into warnings


@dataclass(frozen=True, slots=True)
class Held:
    """A rule that holds for a unit, with its facts as they are kept."""

    rule: WarningRule
    colour: str
    facts: list[dict[str, Any]]

    @property
    def rank(self) -> int:
        return rules.RANK[self.colour]


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a judging of units changed."""

    begun: int = 0
    changed: int = 0
    ended: int = 0
    tasks: int = 0
    stand: int = 0


def warnings_under(
    district: Grid,
    on: date,
    *,
    plan: PolicyValues | None = None,
    units: Units | None = None,
) -> dict[int, list[Held]]:
    """Return what warns of each unit on a day, under a plan. Saves nothing.

    Without a plan that in force; without units all known ones of the district.
    """
    if units is None:
        units = Enterprise.objects.filter(district=district).known()
    return warnings_in(layers_at(district, on, plan), units, on)


def warnings_in(
    layers: Sequence[PolicyValues], units: Units, on: date
) -> dict[int, list[Held]]:
    """Return what the rules of some layers warn of each unit on a day.

    So many queries per sign; a sign whose fact nobody supplies warns of nobody.
    """
    known = known_keys()
    all_rules, all_signs = rules.rules_in(layers)
    signs = [sign for sign in all_signs if sign.fact in known]
    by_unit: dict[int, dict[WarningSign, Fact]] = defaultdict(dict)
    for sign in signs:
        since, until = rules.window(sign, on)
        found = facts_of([sign.fact], units, since=since, until=until)
        for unit, fact in found.by_key[sign.fact].items():
            if rules.colour_of(sign, fact.value):
                by_unit[unit][sign] = fact
    held = {}
    for unit, facts in by_unit.items():
        values = {sign: fact.value for sign, fact in facts.items()}
        judged = rules.judge(all_rules, signs, values)
        held[unit] = [Held(one.rule, one.colour, kept(one, facts)) for one in judged]
    return held


def kept(judged: rules.Judged, facts: Mapping[WarningSign, Fact]) -> list[dict]:
    """Return the facts of a warning as they are kept: figures, bounds, rows behind."""
    if judged.others:
        name = f"同时有 {len(judged.others)} 项预警"
        return [{"name": name, "value": len(judged.others), "others": judged.others}]
    return [
        {
            "fact": seen.sign.fact,
            "name": FACTS[seen.sign.fact],
            "value": seen.value,
            "bound": seen.bound,
            "colour": seen.colour,
            "rows": [row.to_json() for row in facts[seen.sign].rows[:MOST_ROWS]],
        }
        for seen in judged.seen
    ]


@transaction.atomic
def refresh_warnings(
    *, district: Grid, on: date, by: User, units: Collection[int] | None = None
) -> Refreshed:
    """Let warnings begin, change and end as the facts of a day say.

    `units` limits it to some. A warning that reaches the colour from which its rule
    wants it becomes a task of the unit's grid.
    """
    district = Grid.objects.select_for_update(of=["self"]).get(pk=district.pk)
    asked = Enterprise.objects.filter(district=district)
    rows = EarlyWarning.objects.filter(district=district).standing()
    if units is not None:
        asked, rows = asked.filter(pk__in=units), rows.filter(enterprise__in=units)
    held = warnings_under(district, on, units=asked.known())
    wanted = {(unit, one.rule.key): one for unit, all_ in held.items() for one in all_}
    standing = {(row.enterprise_id, row.rule): row for row in rows}
    begun = _begin(
        {key: one for key, one in wanted.items() if key not in standing}, district, on
    )
    changed = _change(
        [(standing[key], wanted[key]) for key in wanted.keys() & standing.keys()], on
    )
    ended = _end([row for key, row in standing.items() if key not in wanted], on)
    stand = [row for key, row in standing.items() if key in wanted]
    tasks = _give_tasks([*begun, *stand], wanted, on=on, by=by)
    if begun or changed or ended:
        record(
            "warnings.refreshed",
            by=by,
            target=district,
            on=on,
            begun=len(begun),
            changed=len(changed),
            ended=len(ended),
            tasks=tasks,
            rows=[row.enterprise_id for row in [*begun, *changed, *ended]][:1000],
        )
    return Refreshed(len(begun), len(changed), len(ended), tasks, len(wanted))


def _begin(
    fresh: Mapping[tuple[int, str], Held], district: Grid, on: date
) -> list[EarlyWarning]:
    follows = policy_on(district, on)
    policy = follows.policy if follows else None
    made = EarlyWarning.objects.bulk_create(
        [
            EarlyWarning(
                enterprise_id=unit,
                district=district,
                rule=key,
                name=one.rule.name,
                clause=one.rule.clause or one.rule.source,
                clears=one.rule.clears,
                policy=policy if one.rule.clause else None,
                is_secret=one.rule.secret,
                colour=one.colour,
                rank=one.rank,
                worst=one.rank,
                facts=one.facts,
                since=on,
                coloured_on=on,
            )
            for (unit, key), one in fresh.items()
        ],
        LOT,
    )
    _note(made, on)
    return made


def _change(pairs: Iterable[tuple[EarlyWarning, Held]], on: date) -> list[EarlyWarning]:
    """Keep the newest facts of what stands; return those whose colour is another."""
    touched, recoloured = [], []
    for row, one in pairs:
        if row.colour != one.colour:
            row.colour, row.rank, row.coloured_on = one.colour, one.rank, on
            row.worst = max(row.worst, one.rank)
            recoloured.append(row)
        elif row.facts == one.facts:
            continue
        row.facts = one.facts
        touched.append(row)
    fields = ["colour", "rank", "worst", "coloured_on", "facts"]
    EarlyWarning.objects.bulk_update(touched, fields, LOT)
    _note(recoloured, on)
    return recoloured


def _end(rows: list[EarlyWarning], on: date) -> list[EarlyWarning]:
    for row in rows:
        row.until = max(on, row.since)
    EarlyWarning.objects.bulk_update(rows, ["until"], LOT)
    Step.objects.bulk_create([Step(warning=row, on=on) for row in rows], LOT)
    return rows


def _note(rows: Iterable[EarlyWarning], on: date) -> None:
    Step.objects.bulk_create(
        [Step(warning=r, on=on, colour=r.colour, facts=r.facts) for r in rows], LOT
    )


def _give_tasks(
    rows: Iterable[EarlyWarning],
    wanted: Mapping[tuple[int, str], Held],
    *,
    on: date,
    by: User,
) -> int:
    """Give the tasks that rules want by themselves; one for a warning is enough.

    Judging a day that is past gives none: they would be late when they are given.
    """
    if on < timezone.localdate():
        return 0
    by_rule: dict[str, list[EarlyWarning]] = defaultdict(list)
    for row in rows:
        rule = wanted[row.enterprise_id, row.rule].rule
        if row.task_id is None and rules.wants_task(rule, row.colour):
            by_rule[row.rule].append(row)
    for of_rule in by_rule.values():
        first = of_rule[0]
        rule = wanted[first.enterprise_id, first.rule].rule
        give_tasks(of_rule, due_on=on + timedelta(days=rule.task_days or 0), by=by)
    return sum(map(len, by_rule.values()))


def give_tasks(rows: Collection[EarlyWarning], *, due_on: date, by: User) -> None:
    """Let the grids of units look into warnings of one rule, by a day."""
    units = Enterprise.objects.select_related("grid").in_bulk(
        [row.enterprise_id for row in rows]
    )
    name = next(row.name for row in rows)
    tasks = assign_tasks(
        title=f"核实预警：{name}",
        to=[(units[row.enterprise_id].grid, None) for row in rows],
        about=list(rows),
        due_on=due_on,
        kind=KIND,
        detail="到单位了解情况，在预警页面登记核实结果。",
        by=by,
    )
    for row, task in zip(rows, tasks, strict=True):
        row.task = task
    EarlyWarning.objects.bulk_update(rows, ["task"], LOT)
