"""What the file of a unit tells of wages, insurance, projects and 企业协管员.

The source of arrears stays out: a complaint may stand behind it (security.md T03).
"""

from collections.abc import Iterator
from itertools import chain, groupby

from django.db.models import Q

from enterprises.models import Enterprise
from enterprises.wages.models import (
    Arrears,
    EnterpriseAssistant,
    InsuranceMonth,
    Project,
    ProjectCheck,
    SelfReport,
    WagePayment,
    WageWarning,
)
from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Permission
from gridinspect.ui.registry import TimelineEntry

MOST = 200  # of each kind, the newest
WAGES, SITES, INSIDE = "工资社保", "工程项目", "企业协管员"


def on_timeline(user: User, unit: Enterprise) -> Iterator[TimelineEntry]:
    """Show what the unit paid, owed and repaid, its sites, and what came from inside.

    Nine queries.
    """
    return chain(
        _owed(user, unit),
        _paid(user, unit),
        _insured(user, unit),
        _sites(user, unit),
        _checks(user, unit),
        _posts(user, unit),
        _warnings(user, unit),
        _self_reports(user, unit),
    )


def _owed(user: User, unit: Enterprise) -> Iterator[TimelineEntry]:
    rows = Arrears.objects.visible_to(user).filter(enterprise=unit)
    for row in rows.prefetch_related("repayments").order_by("-found_on")[:MOST]:
        what, url = row.get_kind_display(), row.get_absolute_url()
        yield TimelineEntry(
            row.found_on,
            f"发现拖欠{what}",
            url=url,
            note=f"{row.month_from:%Y-%m} 至 {row.month_to:%Y-%m}，"
            f"{row.persons} 人，{row.amount:,.2f} 元",
            kind=WAGES,
        )
        for one in row.repayments.all():
            words = f"补发（补缴）拖欠的{what} {one.amount:,.2f} 元"
            yield TimelineEntry(one.paid_on, words, url=url, kind=WAGES)
        if row.settled_on:
            yield TimelineEntry(
                row.settled_on,
                f"拖欠的{what}结清",
                url=url,
                note=row.settlement,
                kind=WAGES,
            )
        if row.withdrawn_on:
            yield TimelineEntry(
                row.withdrawn_on,
                f"撤销拖欠{what}的记录",
                url=url,
                note=row.withdrawal_reason,
                kind=WAGES,
            )


def _paid(user: User, unit: Enterprise) -> Iterator[TimelineEntry]:
    rows = WagePayment.objects.visible_to(user).filter(enterprise=unit)
    url = f"{unit.get_absolute_url()}?tab=wages"
    for row in rows.order_by("-cycle_from")[:MOST]:
        cycle = f"{row.cycle_from} 至 {row.cycle_to} 的工资"
        yield TimelineEntry(
            row.paid_on or row.cycle_to,
            f"支付{cycle}" if row.paid_on else f"{cycle}登记为未付",
            url=url,
            note=f"应付 {row.payable:,.2f} 元，实付 {row.paid:,.2f} 元，"
            f"{row.persons} 人",
            kind=WAGES,
        )


def _insured(user: User, unit: Enterprise) -> Iterator[TimelineEntry]:
    rows = InsuranceMonth.objects.visible_to(user).filter(enterprise=unit)
    url = f"{unit.get_absolute_url()}?tab=insurance"
    newest = rows.order_by("-month", "pk")[:MOST]
    for month, lines in groupby(newest, key=lambda row: row.month):
        words = "；".join(
            f"{one.get_insurance_display()} {one.insured}/{one.due} 人"
            + (f"，欠 {one.owed:,.2f} 元" if one.owed else "")
            for one in lines
        )
        yield TimelineEntry(
            month, f"{month:%Y-%m} 社会保险参保情况", url=url, note=words, kind=WAGES
        )


def _sites(user: User, unit: Enterprise) -> Iterator[TimelineEntry]:
    here = Q(contractor=unit) | Q(subcontractors__enterprise=unit)
    rows = Project.objects.visible_to(user).filter(here).distinct()
    for row in rows.order_by("-started_on", "pk")[:MOST]:
        role = "总承包" if row.contractor_id == unit.pk else "分包"
        days = [
            (row.started_on, f"工程开工（{role}）：{row}"),
            (row.account_opened_on, f"开立农民工工资专用账户：{row}"),
            (row.finished_on, f"工程完工：{row}"),
            (row.publicised_on, f"专户注销公示：{row}"),
            (row.account_closed_on, f"专户注销：{row}"),
        ]
        url = row.get_absolute_url()
        for on, words in days:
            if on:
                yield TimelineEntry(on, words, url=url, kind=SITES)


def _checks(user: User, unit: Enterprise) -> Iterator[TimelineEntry]:
    own = Project.objects.visible_to(user).filter(contractor=unit)
    rows = ProjectCheck.objects.filter(project__in=own.values("pk"))
    for row in rows.select_related("project", "checked_by").order_by("-pk")[:MOST]:
        yield TimelineEntry(
            row.checked_on,
            f"五项制度检查（{row.project}）：{row}",
            str(row.checked_by),
            row.project.get_absolute_url(),
            row.finding,
            kind=SITES,
        )


def _posts(user: User, unit: Enterprise) -> Iterator[TimelineEntry]:
    rows = EnterpriseAssistant.objects.visible_to(user).filter(enterprise=unit)
    for row in rows.select_related("person"):
        words = f"聘任企业协管员 {row.person}"
        yield TimelineEntry(
            row.since, words, note=f"聘任机关：{row.appointed_by}", kind=INSIDE
        )
        if row.until:
            yield TimelineEntry(row.until, f"企业协管员 {row.person} 离任", kind=INSIDE)


def _warnings(user: User, unit: Enterprise) -> Iterator[TimelineEntry]:
    if not user.holds(Permission.WARNING_VIEW):
        return
    rows = WageWarning.objects.visible_to(user).filter(enterprise=unit)
    for row in rows.order_by("-reported_on")[:MOST]:
        solved = row.state == row.State.SETTLED
        days = [
            (row.reported_on, "企业协管员报告工资预警", row.facts),
            (row.union_acted_on, "工会协调工资预警", row.union_action),
            (row.escalated_on, "工资预警上报人社部门", ""),
            (row.answered_on, "人社部门答复工资预警", row.answer),
        ]
        for on, words, note in days:
            if on:
                ended = "，已解决" if solved and on == row.union_acted_on else ""
                url = row.get_absolute_url()
                yield TimelineEntry(
                    on, f"{words}{ended}", url=url, note=note, kind=INSIDE
                )


def _self_reports(user: User, unit: Enterprise) -> Iterator[TimelineEntry]:
    if not user.holds(Permission.WARNING_VIEW):
        return
    rows = SelfReport.objects.visible_to(user).filter(enterprise=unit)
    people = rows.filter(sent_at__isnull=False).select_related(
        "filled_by__person", "decided_by__person"
    )
    for row in people.order_by("-pk")[:MOST]:
        url = row.get_absolute_url()
        if row.sent_at:
            words, by = f"报送自报登记表（{row.as_of}）", str(row.filled_by)
            yield TimelineEntry(row.sent_at, words, by, url, kind="采集")
        if row.decided_at:
            words, by = f"自报登记表{row.get_state_display()}", str(row.decided_by)
            yield TimelineEntry(row.decided_at, words, by, url, row.reason, kind="采集")
