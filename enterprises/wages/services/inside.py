"""企业协管员: appointing them, and what they report from inside their unit."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from enterprises import survey_rules
from enterprises.models import Enterprise, Survey
from enterprises.services.files import Refused
from enterprises.services.surveys import NotComplete, draft_of, submit_survey
from enterprises.survey_forms import form_on, survey_form
from enterprises.wages import rules
from enterprises.wages.limits import limits_of
from enterprises.wages.models import (
    Arrears,
    EnterpriseAssistant,
    SelfReport,
    WageWarning,
)
from enterprises.wages.services.ledger import record_arrears
from gridinspect.accounts.models import Person, User
from gridinspect.audit.services import record
from gridinspect.workdays.models import ExceptionDay
from grids.models import Posting

# --- who ------------------------------------------------------------------------------


@transaction.atomic
def appoint(
    *,
    enterprise: Enterprise,
    name: str,
    id_number: str,
    phone: str,
    since: date,
    is_union_member: bool,
    union_post: str,
    appointed_by: str,
    by: User,
) -> EnterpriseAssistant:
    """Appoint somebody to watch inside a unit from a day on. Raises Refused.

    With an ID number that is known already it is that person, if the name is the same.
    """
    if since > timezone.localdate():
        raise Refused({"since": f"任职日期 {since} 晚于今天，请在任职后登记。"})
    person = Person.objects.by_id_number(id_number).first() if id_number else None
    if person and person.name != name:
        raise Refused({"id_number": "该身份证号已登记在其他姓名下，请核对姓名和号码。"})
    if person and Posting.objects.current().filter(person=person).exists():
        raise Refused({"name": f"{name}在网格任职，不能兼任企业协管员。"})
    if person and EnterpriseAssistant.objects.filter(person=person, until=None):
        raise Refused({"name": f"{name}已是一家单位的企业协管员，请先登记离任。"})
    if person is None:
        person = Person(name=name)
        person.set_id_number(id_number)
        person.set_phone(phone)
        person.save()
    post = EnterpriseAssistant.objects.create(
        person=person,
        enterprise=enterprise,
        since=since,
        is_union_member=is_union_member,
        union_post=union_post,
        appointed_by=appointed_by,
        recorded_by=by,
    )
    record(
        "enterprise_assistant.appointed",
        by=by,
        target=enterprise,
        path=enterprise.grid.path,
        name=name,
        since=since,
        appointed_by=appointed_by,
    )
    return post


@transaction.atomic
def end_appointment(*, post: EnterpriseAssistant, until: date, by: User) -> None:
    """End it; `until` is the first day on which it no longer counts."""
    post = EnterpriseAssistant.objects.select_for_update().get(pk=post.pk)
    if post.until:
        raise Refused(f"已于 {post.until} 离任。")
    if until <= post.since:
        raise Refused({"until": f"离任日期必须晚于任职日期 {post.since}。"})
    post.until = until
    post.save(update_fields=["until"])
    record(
        "enterprise_assistant.ended",
        by=by,
        target=post.enterprise,
        path=post.scope_path,
        name=str(post.person),
        until=until,
    )


def own_post(user: User) -> EnterpriseAssistant | None:
    """Return the post in a unit that a person holds today, if any."""
    if not user.person_id:
        return None
    posts = EnterpriseAssistant.objects.current().filter(person=user.person_id)
    return posts.select_related(
        "enterprise__grid", "enterprise__district__city"
    ).first()


# --- warnings -------------------------------------------------------------------------


@transaction.atomic
def report_warning(
    *,
    enterprise: Enterprise,
    month_from: date,
    month_to: date,
    persons: int,
    amount: Decimal | None,
    facts: str,
    by: User,
) -> WageWarning:
    """Report from inside a unit that wages may not be paid; the union acts first."""
    today = timezone.localdate()
    if month_to < month_from:
        raise Refused({"month_to": "“欠至”的月份早于“欠自”的月份，请核对。"})
    if month_to > today:
        raise Refused({"month_to": "“欠至”的月份还没有开始，请核对。"})
    waiting = WageWarning.objects.filter(
        enterprise=enterprise,
        month_from=month_from,
        month_to=month_to,
        state__in=[WageWarning.State.UNION, WageWarning.State.BUREAU],
    )
    if waiting.exists():
        raise Refused("这几个月的预警已经报告，正在处理，没有重复保存。")
    limit = limits_of(enterprise.district).of("WW-UNION", on=today)
    warning = WageWarning.objects.create(
        enterprise=enterprise,
        district_id=enterprise.district_id,
        reported_on=today,
        reported_by=by,
        month_from=month_from,
        month_to=month_to,
        persons=persons,
        amount=amount,
        facts=facts,
        union_due_on=rules.step_due(today, limit, _workdays()),
    )
    record(
        "wage_warning.reported",
        by=by,
        target=warning,
        persons=persons,
        amount=amount,
        union_due_on=warning.union_due_on,
    )
    return warning


@transaction.atomic
def note_union(
    *, warning: WageWarning, acted_on: date, action: str, solved: bool, by: User
) -> WageWarning:
    """Note what the union did; a warning that it solved is settled. Raises Refused."""
    warning = _at(warning, WageWarning.State.UNION)
    if not warning.reported_on <= acted_on <= timezone.localdate():
        raise Refused({"acted_on": "协调日期应在报告日期与今天之间。"})
    warning.union_acted_on, warning.union_action = acted_on, action
    if solved:
        warning.state = WageWarning.State.SETTLED
    warning.save()
    record(
        "wage_warning.union_acted",
        by=by,
        target=warning,
        acted_on=acted_on,
        solved=solved,
    )
    return warning


@transaction.atomic
def escalate(*, warning: WageWarning, by: User) -> WageWarning:
    """Pass a warning that the union did not settle on to the bureau. Raises Refused."""
    locked = WageWarning.objects.select_for_update(of=["self"])
    warning = locked.select_related("enterprise__grid", "district__city").get(
        pk=warning.pk
    )
    today = timezone.localdate()
    if objection := rules.escalation_objection(
        state=warning.state,
        union_action=warning.union_action,
        union_due_on=warning.union_due_on,
        on=today,
    ):
        raise Refused(objection)
    limit = limits_of(warning.district).of("WW-BUREAU", on=today)
    warning.state = WageWarning.State.BUREAU
    warning.escalated_on = today
    warning.bureau_due_on = rules.step_due(today, limit, _workdays())
    warning.save()
    record(
        "wage_warning.escalated",
        by=by,
        target=warning,
        bureau_due_on=warning.bureau_due_on,
    )
    return warning


@transaction.atomic
def answer_warning(
    *,
    warning: WageWarning,
    outcome: str,
    answer: str,
    by: User,
    amount: Decimal | None = None,
) -> WageWarning:
    """Answer a warning; what is confirmed becomes a record of arrears. Raises Refused.

    `amount` is what was found to be owed, the reported amount by default.
    """
    warning = _at(warning, WageWarning.State.BUREAU)
    if outcome == WageWarning.Outcome.CONFIRMED:
        owed = amount or warning.amount
        if not owed:
            raise Refused({"amount": "核实属实的，请填写核实的欠薪金额。"})
        warning.arrears = record_arrears(
            enterprise=warning.enterprise,
            kind=Arrears.Kind.WAGES,
            month_from=warning.month_from,
            month_to=warning.month_to,
            amount=owed,
            persons=warning.persons,
            source=Arrears.Source.SELF_REPORT,
            found_on=timezone.localdate(),
            note=f"{warning.reported_on} 工资预警核实",
            by=by,
        )
    warning.state = WageWarning.State.ANSWERED
    warning.outcome, warning.answer = outcome, answer
    warning.answered_on, warning.answered_by = timezone.localdate(), by
    warning.save()
    record(
        "wage_warning.answered",
        by=by,
        target=warning,
        outcome=warning.get_outcome_display(),
    )
    return warning


def _at(warning: WageWarning, state: str) -> WageWarning:
    locked = WageWarning.objects.select_for_update(of=["self"])
    row = locked.select_related("enterprise__grid").get(pk=warning.pk)
    if row.state != state:
        raise Refused(f"这条预警的进展是“{row.get_state_display()}”，不能这样办理。")
    return row


def _workdays() -> Any:
    return ExceptionDay.objects.as_calendar()


# --- the unit's own survey ------------------------------------------------------------


def report_under_way(enterprise: Enterprise) -> SelfReport | None:
    """Return the survey that the unit is filling in or has sent, if any."""
    states = [SelfReport.State.DRAFT, SelfReport.State.SENT]
    return SelfReport.objects.filter(enterprise=enterprise, state__in=states).first()


@transaction.atomic
def save_report(
    *, enterprise: Enterprise, as_of: date, answers: Mapping[str, Any], by: User
) -> SelfReport:
    """Keep what the unit filled in so far, however faulty. Raises Refused."""
    Enterprise.objects.select_for_update().get(pk=enterprise.pk)
    if as_of > timezone.localdate():
        raise Refused(f"数据日期 {as_of} 晚于今天，请改正。")
    report = report_under_way(enterprise) or SelfReport(
        enterprise=enterprise,
        district_id=enterprise.district_id,
    )
    if report.state == SelfReport.State.SENT:
        raise Refused("已报送的登记表正在等人社部门确认，确认或退回之后才能再填。")
    report.form_version = form_on(as_of).version
    report.as_of, report.answers, report.filled_by = as_of, dict(answers), by
    report.save()
    return report


@transaction.atomic
def send_report(*, report: SelfReport, by: User) -> SelfReport:
    """Send the unit's own survey to the bureau. Raises NotComplete."""
    report = SelfReport.objects.select_for_update().get(pk=report.pk)
    if report.state != SelfReport.State.DRAFT:
        raise Refused("这份登记表已经报送。")
    form = survey_form(report.form_version)
    absent = survey_rules.missing(report.answers, form)
    problems = survey_rules.check(
        report.answers,
        today=timezone.localdate(),
        surveyed_on=report.as_of,
        form=form,
    )
    if absent or any(problem.blocking for problem in problems):
        raise NotComplete(report, absent)  # type: ignore[arg-type]
    report.state, report.sent_at = SelfReport.State.SENT, timezone.now()
    report.save()
    record("self_report.sent", by=by, target=report, as_of=report.as_of)
    return report


@transaction.atomic
def confirm_report(*, report: SelfReport, by: User) -> Survey:
    """Take the unit's own survey over as a survey of the kind 自报. Raises Refused."""
    report = _sent(report)
    if report.filled_by_id == by.pk:
        raise Refused("填报人不能确认自己报送的登记表，请由其他人确认。")
    unit = report.enterprise
    if draft_of(unit, by):
        raise Refused("您对这家单位有一份未提交的草稿，请先提交或删除草稿再确认。")
    filler = report.filled_by.person
    if filler is None:
        raise Refused("填报账号没有对应的人员，请退回后重新填报。")
    try:
        survey = submit_survey(
            enterprise=unit,
            surveyed_on=report.as_of,
            method=Survey.Method.SELF,
            collected_by=filler,
            answers=report.answers,
            by=by,
        )
    except NotComplete:
        raise Refused("登记表内容与现行规则不符，请退回单位补正。") from None
    report.state, report.survey = SelfReport.State.CONFIRMED, survey
    report.decided_at, report.decided_by = timezone.now(), by
    report.save()
    record("self_report.confirmed", by=by, target=report, survey=survey.pk)
    return survey


@transaction.atomic
def return_report(*, report: SelfReport, reason: str, by: User) -> SelfReport:
    """Send the unit's own survey back with what is wrong. Raises Refused."""
    report = _sent(report)
    report.state, report.reason = SelfReport.State.RETURNED, reason
    report.decided_at, report.decided_by = timezone.now(), by
    report.save()
    record("self_report.returned", by=by, target=report, reason=reason)
    return report


def _sent(report: SelfReport) -> SelfReport:
    locked = SelfReport.objects.select_for_update(of=["self"])
    row = locked.select_related("enterprise__grid", "filled_by").get(pk=report.pk)
    if row.state != SelfReport.State.SENT:
        raise Refused(f"这份登记表的进展是“{row.get_state_display()}”，不能再办理。")
    return row
