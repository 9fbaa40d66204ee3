"""集体合同, 特殊工时, 派遣协议 and payroll returns: one paper, and every change."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from enterprises.workforce.columns import agreement_columns
from enterprises.workforce.forms.papers import (
    AgreementForm,
    EndAgreementForm,
    PayrollForm,
)
from enterprises.workforce.limits import Event, FilingLaw
from enterprises.workforce.models import Agreement, PayrollReturn
from enterprises.workforce.services import papers as acts
from enterprises.workforce.views.common import (
    act_page,
    crumbs_of,
    tab_url,
    unit_to_edit,
)
from enterprises.workforce.views.filings import limit_words
from gridinspect.accounts.requests import Request
from gridinspect.accounts.roles import Permission
from gridinspect.audit.services import history
from gridinspect.audit.verbs import act_name
from gridinspect.ui.pages import Action, render_detail
from gridinspect.ui.registry import TimelineEntry
from grids.access import may, require

P = Permission
AGREEMENT_SECTIONS = [
    ("合同或批复", ["kind", "number", "counterparty", "posts", "covered"]),
    ("日期", ["signed_on", "filed_on", "begins_on", "ends_on", "remark"]),
]


def _fields(form: Any) -> dict[str, Any]:
    return {name: form.cleaned_data[name] for name in form._meta.fields}


def agreement_add(request: Request, pk: int) -> HttpResponse:
    """Note a paper of a unit that holds for a term."""
    unit = unit_to_edit(request, pk)
    form = AgreementForm(request.POST or None)
    limit = FilingLaw().of(Event.COLLECTIVE_SIGNED, unit.district)
    return act_page(
        request,
        form=form,
        act=lambda: acts.add_agreement(
            enterprise=unit, by=request.user, **_fields(form)
        ),
        title="新增合同或批复",
        crumbs=crumbs_of(unit, "filings", "备案"),
        done=lambda made: f"已登记{made.get_kind_display()}。",
        to=lambda made: made.get_absolute_url(),
        sections=AGREEMENT_SECTIONS,
        note=f"{unit.name}。{limit_words(Event.COLLECTIVE_SIGNED, limit)}报送审查；"
        "综合计算工时和不定时工作须经批准（劳动法第三十九条）。",
    )


def _visible(request: Request, pk: int) -> Agreement:
    papers = Agreement.objects.visible_to(request.user).select_related(
        "enterprise__grid", "enterprise__district__city", "recorded_by__person"
    )
    return get_object_or_404(papers, pk=pk)


def _to_edit(request: Request, pk: int) -> Agreement:
    paper = _visible(request, pk)
    require(request.user, P.WORKFORCE_EDIT, at=paper.enterprise.grid)
    return paper


@require_GET
def agreement_detail(request: Request, pk: int) -> HttpResponse:
    """Show one paper with its term."""
    paper, law = _visible(request, pk), FilingLaw()
    today, days = timezone.localdate(), law.number("contract_expiry_days").value
    shown = {c.key: c for c in agreement_columns(today, days, with_unit=False)}
    actions = []
    if may(request.user, P.WORKFORCE_EDIT, at=paper.enterprise.grid):
        change = reverse("workforce:agreement-change", args=[paper.pk])
        actions.append(Action("修改", change, icon="pencil"))
        if paper.ended_on is None:
            end = reverse("workforce:agreement-end", args=[paper.pk])
            actions.append(Action("提前终止", end, icon="slash-circle"))
    limit = law.of(Event.COLLECTIVE_SIGNED, paper.enterprise.district)
    return render_detail(
        request,
        title=str(paper),
        subtitle=paper.enterprise.name,
        badges=[shown["term"].of(paper)],
        note=(
            f"应于 {paper.due_on} 前报送审查："
            f"{limit_words(Event.COLLECTIVE_SIGNED, limit)}。"
            if paper.due_on
            else ""
        ),
        facts=[
            ("对方（派遣单位、职工代表）", paper.counterparty),
            ("适用岗位", paper.posts),
            (
                "覆盖人数",
                f"{paper.covered:,} 人" if paper.covered is not None else None,
            ),
            ("签订日期", paper.signed_on),
            ("报送（批准）日期", shown["handed_in"].of(paper)),
            ("有效期自", paper.begins_on),
            ("有效期至", paper.ends_on),
            ("提前终止", paper.ended_on),
            ("提前终止原因", paper.ended_reason),
            ("登记人", str(paper.recorded_by)),
            ("登记时间", paper.recorded_at),
            ("备注", paper.remark),
        ],
        timeline=[
            TimelineEntry(event.at, act_name(event.verb), event.actor_name)
            for event in history(paper)[:50]
        ],
        actions=actions,
        crumbs=crumbs_of(paper.enterprise, "filings", "备案"),
        obj=paper,
    )


def agreement_change(request: Request, pk: int) -> HttpResponse:
    """Correct what is noted of a paper."""
    paper = _to_edit(request, pk)
    form = AgreementForm(
        request.POST or None, instance=paper, initial={"edition": paper.edition}
    )
    return act_page(
        request,
        form=form,
        act=lambda: acts.change_agreement(
            agreement=paper,
            edition=form.cleaned_data.get("edition") or 0,
            by=request.user,
            **_fields(form),
        ),
        title="修改合同或批复",
        crumbs=[
            *crumbs_of(paper.enterprise, "filings", "备案"),
            (str(paper), paper.get_absolute_url()),
        ],
        done="已保存。",
        to=lambda made: made.get_absolute_url(),
        sections=AGREEMENT_SECTIONS,
    )


def agreement_end(request: Request, pk: int) -> HttpResponse:
    """Note that a paper ended before its term."""
    paper = _to_edit(request, pk)
    form = EndAgreementForm(request.POST or None, initial={"edition": paper.edition})
    return act_page(
        request,
        form=form,
        act=lambda: acts.end_agreement(
            agreement=paper, by=request.user, **form.cleaned_data
        ),
        title=f"提前终止：{paper}",
        crumbs=[
            *crumbs_of(paper.enterprise, "filings", "备案"),
            (str(paper), paper.get_absolute_url()),
        ],
        done="已登记提前终止。",
        to=lambda made: made.get_absolute_url(),
    )


def payroll_add(request: Request, pk: int) -> HttpResponse:
    """Note a year's approved payroll, or a return of the actual one."""
    unit = unit_to_edit(request, pk)
    form = PayrollForm(
        request.POST or None,
        initial={"year": timezone.localdate().year, "filed_on": timezone.localdate()},
    )
    return act_page(
        request,
        form=form,
        act=lambda: acts.add_payroll(enterprise=unit, by=request.user, **_fields(form)),
        title="新增工资总额或报表",
        crumbs=crumbs_of(unit, "filings", "备案"),
        done=lambda made: f"已登记{made}。",
        to=lambda _: tab_url(unit, "filings"),
        note=f"{unit.name}。工资总额（工资基金）为核定数，劳动工资报表为实发数。",
    )


def payroll_change(request: Request, pk: int) -> HttpResponse:
    """Correct a line of the payroll registers."""
    rows = PayrollReturn.objects.visible_to(request.user)
    row = get_object_or_404(
        rows.select_related("enterprise__grid", "enterprise__district"), pk=pk
    )
    unit = row.enterprise
    require(request.user, P.WORKFORCE_EDIT, at=unit.grid)
    form = PayrollForm(
        request.POST or None, instance=row, initial={"edition": row.edition}
    )
    return act_page(
        request,
        form=form,
        act=lambda: acts.change_payroll(
            payroll=row,
            edition=form.cleaned_data.get("edition") or 0,
            by=request.user,
            **_fields(form),
        ),
        title=f"修改：{row}",
        crumbs=crumbs_of(unit, "filings", "备案"),
        done="已保存。",
        to=lambda _: tab_url(unit, "filings"),
    )
