"""岗位职责: what the persons of a grid have to do, by the district or by its plan."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction

from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Role
from gridinspect.audit.services import record
from grids.models import STATED_ROLES, DutyStatement, Grid
from grids.policy import Clause, PolicyValues
from grids.services.policies import policies_on

# Which words of a plan's clauses (`by`) set a role to work.
_SET_TO_WORK: dict[str, tuple[str, ...]] = {
    Role.FULL_TIME_INSPECTOR: ("full_time_inspector", "inspector"),
    Role.PART_TIME_INSPECTOR: ("part_time_inspector", "inspector", "either"),
    Role.ASSISTANT: ("assistant", "either"),
    Role.ENTERPRISE_ASSISTANT: ("enterprise_assistant",),
}
_HEADING = re.compile(r"^[^：，。]*职责[一二三四五六七八九十]*：")  # 协管员职责：宣传 …


@dataclass(frozen=True)
class Duty:
    """What one role has to do in a district on a day, one sentence a line.

    Its words are the district's own (`statement`), or those of the plan's `clauses`.
    """

    role: Role
    title: str  # what the district's plan calls the role
    lines: tuple[str, ...]
    clauses: tuple[Clause, ...] = ()
    statement: DutyStatement | None = None

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def source(self) -> str:
        """Say where the words come from, and from when they hold."""
        if self.statement:
            return f"本区职责，{self.statement.since} 起施行"
        if self.clauses:
            return f"方案条款 {'、'.join(clause.id for clause in self.clauses)}"
        return ""


def duties_of(grid: Grid, on: date) -> tuple[Duty, ...]:
    """Return what each role has to do in a grid on a day, the head of office first.

    Roles about which neither the district nor its plan says anything have no lines.
    """
    return duties_in([grid.district_id], on)[grid.district_id]


def duties_in(districts: Iterable[int], on: date) -> dict[int, tuple[Duty, ...]]:
    """Return the duties of many districts by their keys, in two queries."""
    keys = set(districts)
    own: dict[int, dict[str, DutyStatement]] = {key: {} for key in keys}
    for one in DutyStatement.objects.on(on).filter(district__in=keys):
        own[one.district_id][one.role] = one
    policies = policies_on(keys, on)
    return {
        key: tuple(
            _duty(
                role,
                own[key].get(role),
                policies[key].values if key in policies else None,
            )
            for role in STATED_ROLES
        )
        for key in keys
    }


def _duty(role: Role, own: DutyStatement | None, values: PolicyValues | None) -> Duty:
    title = called(role, values)
    if own:
        lines = tuple(line.strip() for line in own.text.splitlines() if line.strip())
        return Duty(role, title, lines, statement=own)
    words = _SET_TO_WORK.get(role, ())
    clauses = tuple(
        clause
        for clause in (values.clauses if values else ())
        if any(word in words for word in clause.by)
    )
    lines = tuple(_HEADING.sub("", clause.meaning) for clause in clauses)
    return Duty(role, title, lines, clauses)


def called(role: str, values: PolicyValues | None) -> str:
    """Return what a plan calls a role; the general word when it is silent."""
    if values is None or role not in _SET_TO_WORK:
        return Role(role).label
    return values.label(role)


@transaction.atomic
def state_duties(
    *, district: Grid, role: str, text: str, since: date, by: User
) -> DutyStatement:
    """Give a role in a district its own duties from a day on; the earlier words end.

    Raises ValidationError with what is wrong, in one Chinese sentence.
    """
    district = Grid.objects.select_for_update(no_key=True).get(pk=district.pk)
    if not district.is_root:
        raise ValidationError("岗位职责按区县制定，请选择区县。")
    if since < district.opened_on:
        raise ValidationError(
            {
                "since": f"施行日期不能早于“{district}”的启用日期 "
                f"{district.opened_on}，请核对。"
            }
        )
    last = district.duty_statements.filter(role=role).order_by("since").last()
    if last and since <= last.since:
        raise ValidationError(
            {
                "since": f"上一版自 {last.since} 起施行，"
                f"请选择 {last.since + timedelta(days=1)} 或以后的日期。"
            }
        )
    if last and (last.until is None or last.until > since):
        last.until = since
        last.save(update_fields=["until"])
    statement = DutyStatement(
        district=district, role=role, text=text.strip(), since=since, written_by=by
    )
    statement.full_clean()
    statement.save()
    record("duties.stated", by=by, target=district, role=role, since=since, after=text)
    return statement


@transaction.atomic
def end_duties(*, statement: DutyStatement, until: date, by: User) -> DutyStatement:
    """Go back to the words of the plan; `until` is the first day of that."""
    statement = DutyStatement.objects.select_for_update().get(pk=statement.pk)
    if statement.until:
        raise ValidationError(f"这一版职责已于 {statement.until} 停止。")
    if until <= statement.since:
        raise ValidationError(
            {"until": f"停止日期必须晚于施行日期 {statement.since}，请核对。"}
        )
    statement.until = until
    statement.save(update_fields=["until"])
    record(
        "duties.ended",
        by=by,
        target=statement.district,
        role=statement.role,
        until=until,
    )
    return statement
