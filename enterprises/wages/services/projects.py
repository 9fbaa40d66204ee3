"""Building projects: their record, their account and the five checks."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from enterprises.models import Enterprise
from enterprises.services.files import Refused
from enterprises.wages import rules
from enterprises.wages.limits import limits_of
from enterprises.wages.models import (
    AccountBalance,
    Arrears,
    Project,
    ProjectCheck,
    Subcontractor,
)
from enterprises.wages.services.ledger import kept
from gridinspect.accounts.models import Person, User
from gridinspect.audit.services import record
from gridinspect.secrets import mask_phone
from grids.models import Grid
from grids.services.figures import note_entry

_TWICE = "本区县已登记过同一总承包单位的同名工程，请在原记录上修改。"
SECRET = {"account_number", "wage_officer_phone"}


class EditedMeanwhile(Refused):
    """Somebody else has saved the project since this person opened it."""


@transaction.atomic
def register_project(*, grid: Grid, by: User, **fields: Any) -> Project:
    """Open the record of a building project in a grid. Raises Refused."""
    project = Project(grid=grid, district_id=grid.district_id, recorded_by=by, **fields)
    _require_sound(project)
    _save(project)
    note_entry(by.person, timezone.localdate())
    record("project.registered", by=by, target=project, after=_words(project))
    return project


@transaction.atomic
def change_project(
    *, project: Project, edition: int, by: User, **fields: Any
) -> Project:
    """Correct a project's record. Raises Refused, and EditedMeanwhile."""
    locked = _locked(project)
    if locked.edition != edition:
        raise EditedMeanwhile(
            "这个工程刚刚被他人修改过：您填写的内容还在下面，"
            "请与工程页面上的最新内容核对后再保存一次。"
        )
    before = _words(locked)
    for name, value in fields.items():
        setattr(locked, name, value)
    _require_sound(locked)
    locked.edition += 1
    _save(locked)
    after = _words(locked)
    changed = [name for name in after if after[name] != before[name]]
    if changed:
        record(
            "project.changed",
            by=by,
            target=locked,
            before={name: before[name] for name in changed},
            after={name: after[name] for name in changed},
        )
    return locked


@transaction.atomic
def add_subcontractor(
    *,
    project: Project,
    name: str,
    kind: str,
    since: date,
    by: User,
    enterprise: Enterprise | None = None,
) -> Subcontractor:
    """Note that a unit works on the project from a day on. Raises Refused."""
    if since > timezone.localdate():
        raise Refused({"since": f"进场日期 {since} 晚于今天，请在进场后登记。"})
    if project.subcontractors.filter(name=name, until=None).exists():
        raise Refused({"name": f"“{name}”已经登记为这个工程的分包单位。"})
    row = Subcontractor.objects.create(
        project=project, enterprise=enterprise, name=name, kind=kind, since=since
    )
    record(
        "project.subcontracted",
        by=by,
        target=project,
        name=name,
        kind=row.get_kind_display(),
        since=since,
    )
    return row


@transaction.atomic
def leave_site(*, subcontractor: Subcontractor, until: date, by: User) -> None:
    """Note that a subcontractor has left the site. Raises Refused."""
    row = Subcontractor.objects.select_for_update().get(pk=subcontractor.pk)
    if row.until:
        raise Refused(f"“{row.name}”已于 {row.until} 退场。")
    if until < row.since or until > timezone.localdate():
        raise Refused({"until": f"退场日期应在进场日期 {row.since} 与今天之间。"})
    row.until = until
    row.save(update_fields=["until"])
    record("project.left", by=by, target=row.project, name=row.name, until=until)


@transaction.atomic
def note_balance(
    *, project: Project, on: date, balance: Decimal, by: User
) -> AccountBalance:
    """Note what is in the special account on a day, or correct that day's entry."""
    if on > timezone.localdate():
        raise Refused({"on": f"日期 {on} 晚于今天，请改正。"})
    if project.account_opened_on is None:
        raise Refused("这个工程还没有开立专用账户，请先在“修改”中登记开立日期。")
    if on < project.account_opened_on:
        raise Refused({"on": f"日期早于专户开立日期 {project.account_opened_on}。"})
    row, _ = AccountBalance.objects.update_or_create(
        project=project, on=on, defaults={"balance": balance, "recorded_by": by}
    )
    note_entry(by.person, timezone.localdate())
    record("project.balance_noted", by=by, target=project, on=on, balance=balance)
    return row


@transaction.atomic
def check_items(
    *,
    project: Project,
    checked_on: date,
    checked_by: Person,
    results: dict[str, tuple[str, str]],
    by: User,
    evidence: Any = None,
) -> list[ProjectCheck]:
    """Note a check of some of the five items. Raises Refused.

    `results` maps an item to its result and what was found; a failure has to say what.
    """
    if checked_on > timezone.localdate():
        raise Refused({"checked_on": f"检查日期 {checked_on} 晚于今天，请改正。"})
    if checked_on < project.started_on:
        raise Refused({"checked_on": f"检查日期早于开工日期 {project.started_on}。"})
    if not results:
        raise Refused("请至少填写一项的检查结果。")
    for item, (result, finding) in results.items():
        if result == ProjectCheck.Result.FAILED and not finding:
            name = rules.ITEMS[item][0]
            raise Refused({f"{item}_finding": f"“{name}”未落实的，请写明情况。"})
    paper = kept(evidence, project.grid.path, by)
    rows = ProjectCheck.objects.bulk_create(
        ProjectCheck(
            project=project,
            item=item,
            result=result,
            finding=finding,
            checked_on=checked_on,
            checked_by=checked_by,
            evidence=paper,
            recorded_by=by,
        )
        for item, (result, finding) in results.items()
    )
    note_entry(by.person, timezone.localdate())
    record(
        "project.checked",
        by=by,
        target=project,
        checked_on=checked_on,
        checked_by=str(checked_by),
        rows=[
            {"item": row.get_item_display(), "result": row.get_result_display()}
            for row in rows
        ],
    )
    return rows


@transaction.atomic
def finish_project(
    *, project: Project, finished_on: date, publicised_on: date | None, by: User
) -> Project:
    """Note that the work is finished, and since when that was publicised."""
    locked = _locked(project)
    today = timezone.localdate()
    if finished_on > today:
        raise Refused({"finished_on": f"完工日期 {finished_on} 晚于今天，请改正。"})
    if finished_on < locked.started_on:
        raise Refused({"finished_on": f"完工日期早于开工日期 {locked.started_on}。"})
    if publicised_on and not finished_on <= publicised_on <= today:
        raise Refused({"publicised_on": "公示日期应在完工日期与今天之间。"})
    if locked.account_closed_on:
        raise Refused("专用账户已经注销，不能再改完工和公示日期。")
    locked.finished_on, locked.publicised_on = finished_on, publicised_on
    locked.edition += 1
    locked.save()
    record(
        "project.finished",
        by=by,
        target=locked,
        finished_on=finished_on,
        publicised_on=publicised_on,
    )
    return locked


@transaction.atomic
def close_account(*, project: Project, closed_on: date, by: User) -> Project:
    """Note that the special account was closed, when the law allows it."""
    locked = _locked(project)
    if locked.account_closed_on:
        raise Refused(f"专用账户已于 {locked.account_closed_on} 注销。")
    limits = limits_of(locked.district)
    if objection := rules.closing_objection(
        finished_on=locked.finished_on,
        publicised_on=locked.publicised_on,
        close_on=closed_on,
        owed=owed_by(locked),
        limit=limits.of("PW-PUBLICITY", on=closed_on),
        today=timezone.localdate(),
    ):
        raise Refused({"closed_on": objection})
    locked.account_closed_on = closed_on
    locked.edition += 1
    locked.save()
    record("project.account_closed", by=by, target=locked, closed_on=closed_on)
    return locked


@transaction.atomic
def reveal(*, project: Project, reason: str, by: User) -> dict[str, str]:
    """Return account and telephone number in full, and note who asked and why."""
    if not reason.strip():
        raise Refused("请写明查看完整号码的理由。")
    record("project.revealed", by=by, target=project, reason=reason)
    return {
        "专用账户账号": project.account_number,
        "劳资专管员电话": project.wage_officer_phone,
    }


def owed_by(project: Project) -> Decimal:
    """Return what is still owed in wages on a project."""
    rows = Arrears.objects.filter(project=project, kind=Arrears.Kind.WAGES)
    rows = rows.open_on(timezone.localdate()).prefetch_related("repayments")
    return sum(
        (
            rules.outstanding(row.amount, [one.amount for one in row.repayments.all()])
            for row in rows
        ),
        Decimal(0),
    )


def mask_account(number: str) -> str:
    """Show the last four digits of an account number."""
    return (
        "*" * max(len(number) - 4, 0) + number[-4:]
        if len(number) > 4
        else "*" * len(number)
    )


def _locked(project: Project) -> Project:
    rows = Project.objects.select_for_update(of=["self"])
    return rows.select_related("grid", "district__city").get(pk=project.pk)


def _require_sound(project: Project) -> None:
    today = timezone.localdate()
    if project.grid.closed_on:
        raise Refused({"grid": f"“{project.grid}”已停用，请选择接续的网格。"})
    if project.started_on > today:
        raise Refused({"started_on": "开工日期晚于今天，请在开工后登记。"})
    if project.planned_end and project.planned_end < project.started_on:
        raise Refused({"planned_end": "计划竣工早于开工日期，请核对。"})
    if project.account_opened_on and project.account_opened_on > today:
        raise Refused({"account_opened_on": "专户开立日期晚于今天，请改正。"})


def _save(project: Project) -> None:
    try:
        with transaction.atomic():
            project.save()
    except IntegrityError as error:
        if "wages_project_once" in str(error):
            raise Refused({"name": _TWICE}) from None
        raise


def _words(project: Project) -> dict[str, str]:
    """Return the record as the trail shows it, numbers masked."""
    names = [
        "name", "address", "builder", "contractor_name", "price", "started_on",
        "planned_end", "manager", "wage_officer", "wage_officer_phone", "roster",
        "cost_cycle", "bank", "account_number", "account_opened_on", "deposit",
        "deposit_amount", "deposit_until", "grid", "remark",
    ]  # fmt: skip
    words = {}
    for name in names:
        value = getattr(project, name)
        if name == "account_number":
            value = mask_account(value)
        elif name == "wage_officer_phone":
            value = mask_phone(value)
        elif name == "deposit":
            value = project.get_deposit_display()
        words[name] = "" if value is None else str(value)
    return words
