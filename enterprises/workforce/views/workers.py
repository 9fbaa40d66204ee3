"""职工名册: the tab of a unit's file, one worker, and every change to the roster."""

from io import BytesIO
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from enterprises.forms import RevealForm
from enterprises.models import Enterprise, Survey
from enterprises.workforce.columns import worker_columns, write
from enterprises.workforce.forms.filings import ReasonForm
from enterprises.workforce.forms.searching import WorkerFilter
from enterprises.workforce.forms.workers import (
    WORKER_SECTIONS,
    ContractForm,
    LeaveForm,
    WorkerForm,
)
from enterprises.workforce.limits import Event, FilingLaw
from enterprises.workforce.models import Contract, Worker
from enterprises.workforce.rules import differences, insurances_in_words
from enterprises.workforce.services import workers as acts
from enterprises.workforce.services.common import in_words
from enterprises.workforce.views.common import (
    act_page,
    crumbs_of,
    tab_url,
    unit_of,
    unit_to_edit,
)
from gridinspect.accounts.requests import Request
from gridinspect.accounts.roles import Permission
from gridinspect.audit.services import history
from gridinspect.audit.verbs import act_name
from gridinspect.documents.answers import workbook_answer
from gridinspect.secrets import mask_id, mask_phone
from gridinspect.ui.pages import (
    Action,
    Tab,
    add_action,
    export_action,
    import_action,
    render_detail,
    render_form,
)
from gridinspect.ui.registry import TimelineEntry
from gridinspect.ui.tables import Column, build_table
from gridinspect.ui.templatetags.ui import badge_html
from grids.access import may, require

P = Permission


# --- the tab --------------------------------------------------------------------------


def workers_tab(request: Request, unit: Enterprise) -> str:
    """Return the roster of a unit: figures, search, and a page of it."""
    today, law = timezone.localdate(), FilingLaw()
    days = law.number("contract_expiry_days").value
    search = WorkerFilter(request.GET, queryset=unit.workers.all())
    table = build_table(
        request,
        search.qs.prefetch_related("contracts"),
        worker_columns(today, days),
        name="workers",
        default_sort="name",
        row_actions=_row_actions(request, unit),
    )
    figures = figures_of(unit, today, days)
    context = {
        "unit": unit,
        "table": table,
        "filters": search,
        "figures": _figure_tiles(unit, figures),
        "differences": _beside_survey(unit, figures),
        "toolbar": _toolbar(request, unit),
        "title": "职工",
    }
    return render_to_string("workforce/_workers.html", context, request)


def figures_of(unit: Enterprise, today: Any, days: int) -> dict[str, int]:
    """Return the counts of a unit's roster today. Three queries."""
    employed = unit.workers.on(today)
    counts = employed.aggregate(
        employed_total=Count("pk"),
        male=Count("pk", Q(gender=Worker.Gender.MALE)),
        female=Count("pk", Q(gender=Worker.Gender.FEMALE)),
        migrant=Count("pk", Q(category=Worker.Category.MIGRANT)),
        part_time=Count("pk", Q(employment_form=Worker.Form.PART_TIME)),
        employed_dispatched=Count("pk", Q(employment_form=Worker.Form.DISPATCHED)),
        contracts_due=Count("pk", Q(employment_form=Worker.Form.FULL_TIME)),
    )
    unsigned = employed.should_sign().unsigned(today).count()
    return counts | {
        "unsigned": unsigned,
        "contracts_signed": counts["contracts_due"] - unsigned,
        "expiring": employed.expiring(today, days).count(),
        "days": days,
    }


def _figure_tiles(unit: Enterprise, counts: dict[str, int]) -> list[tuple[Any, ...]]:
    base = tab_url(unit, "workers")
    tiles = [
        ("在册职工", counts["employed_total"], base),
        ("男", counts["male"], f"{base}&gender=male"),
        ("女", counts["female"], f"{base}&gender=female"),
        ("农民工", counts["migrant"], f"{base}&category=migrant"),
        ("未签合同", counts["unsigned"], f"{base}&contract=none"),
        (f"{counts['days']} 天内到期", counts["expiring"], f"{base}&contract=expiring"),
    ]
    rate = (
        f"{counts['contracts_signed'] * 100 // counts['contracts_due']}%"
        if counts["contracts_due"]
        else "—"
    )
    shown = [(label, f"{value:,}", url) for label, value, url in tiles]
    return [*shown, ("合同签订率", rate, f"{base}&contract=signed")]


COMPARED = {
    "employed_total": "从业人员总数",
    "male": "男",
    "female": "女",
    "migrant": "农民工",
    "contracts_signed": "实签劳动合同",
}


def _beside_survey(unit: Enterprise, counts: dict[str, int]) -> dict[str, Any] | None:
    """Return where the roster and the latest survey differ; None without either."""
    if not counts["employed_total"]:
        return None
    surveys = Survey.objects.final().filter(enterprise=unit, is_complete=True)
    last = surveys.order_by("-surveyed_on", "-pk").first()
    if last is None:
        return None
    found = differences(counts, last.answers, COMPARED)
    return {"survey": last, "rows": found} if found else None


def _toolbar(request: Request, unit: Enterprise) -> list[Action]:
    user, buttons = request.user, []
    if may(user, P.WORKFORCE_EDIT, at=unit.grid):
        buttons.append(add_action(reverse("workforce:worker-add", args=[unit.pk])))
    if may(user, P.ENTERPRISE_IMPORT, at=unit.grid):
        upload = reverse("imports:upload", args=["workers"])
        buttons.append(import_action(upload, "导入职工名册"))
        back = f"{reverse('imports:export', args=['workers'])}?unit={unit.pk}"
        buttons.append(export_action(back, "导出供修改后导入"))
    export = reverse("workforce:workers-export", args=[unit.pk])
    asked = request.GET.copy()
    asked.pop("tab", None)
    return [*buttons, export_action(f"{export}?{asked.urlencode()}")]


def _row_actions(request: Request, unit: Enterprise) -> Any:
    if not may(request.user, P.WORKFORCE_EDIT, at=unit.grid):
        return None

    def actions(worker: Worker) -> list[Action]:
        if worker.until is not None:
            return []
        to = lambda name: reverse(f"workforce:{name}", args=[worker.pk])  # noqa: E731
        return [Action("修改", to("worker-change")), Action("离职", to("worker-leave"))]

    return actions


@require_GET
def workers_export(request: Request, pk: int) -> HttpResponse:
    """Hand out what the tab shows as a workbook, numbers masked."""
    unit, today = unit_of(request, pk), timezone.localdate()
    search = WorkerFilter(request.GET, queryset=unit.workers.all())
    days = FilingLaw().number("contract_expiry_days").value
    offered = worker_columns(today, days)
    table = build_table(
        request, unit.workers.none(), offered, name="workers", default_sort="name"
    )
    stream = BytesIO()
    rows = write(
        stream,
        search.qs.order_by("name", "pk")
        .prefetch_related("contracts")
        .iterator(chunk_size=2_000),
        [header.column for header in table.headers],
        title="职工名册",
        place=unit.name,
        today=today,
        unit="人",
    )
    acts.note_export(enterprise=unit, rows=rows, by=request.user)
    return workbook_answer(stream, f"workers-{today}.xlsx")


# --- one worker -----------------------------------------------------------------------


def _visible(request: Request, pk: int) -> Worker:
    """Return a worker that the person may see; to others there is none."""
    workers = Worker.objects.visible_to(request.user).select_related(
        "enterprise__grid",
        "enterprise__district__city",
        "hire_filing",
        "end_filing",
        "recorded_by__person",
    )
    return get_object_or_404(workers, pk=pk)


def _to_edit(request: Request, pk: int) -> Worker:
    worker = _visible(request, pk)
    require(request.user, P.WORKFORCE_EDIT, at=worker.enterprise.grid)
    return worker


@require_GET
def worker_detail(request: Request, pk: int) -> HttpResponse:
    """Show one employment: what is secret stays masked."""
    worker = _visible(request, pk)
    unit, law = worker.enterprise, FilingLaw()
    finding = acts.finding_of(worker, law=law)
    badges = [
        badge_html(f"{worker.until} {worker.get_ending_display()}", "plain")
        if worker.until
        else badge_html("在册", "ok")
    ]
    if finding:
        word, tone = ("童工", "danger") if finding.is_child else ("未成年工", "warning")
        badges.append(badge_html(word, tone))
    return render_detail(
        request,
        title=worker.name,
        subtitle=unit.name,
        badges=badges,
        note=finding.message if finding else "",
        facts=_facts(worker),
        tabs=[
            Tab(
                "contracts",
                "劳动合同",
                lambda: _contracts(request, worker),
                empty="还没有登记劳动合同，请点“登记合同”。",
            ),
            Tab("filings", "用工备案", lambda: _filings(worker, law)),
        ],
        timeline=[
            TimelineEntry(
                event.at, act_name(event.verb), event.actor_name, note=_said(event.data)
            )
            for event in history(worker)[:50]
        ],
        actions=_actions(request, worker),
        crumbs=crumbs_of(unit, "workers", "职工"),
        obj=worker,
    )


def _facts(worker: Worker) -> list[tuple[str, Any]]:
    today = timezone.localdate()
    until = worker.until or today
    months = (until.year - worker.since.year) * 12 + until.month - worker.since.month
    months -= until.day < worker.since.day
    return [
        ("性别", worker.get_gender_display()),
        ("出生日期", worker.birth_date),
        (
            "公民身份号码" if worker.is_citizen_id else "其他证件号码",
            mask_id(worker.id_number),
        ),
        ("联系方式", mask_phone(worker.phone)),
        ("户籍地址", in_words(worker, "household_address")),
        ("现住址", in_words(worker, "address")),
        ("用工形式", worker.get_employment_form_display()),
        ("用工起始时间", worker.since),
        ("本单位工作年限", f"{max(months, 0) // 12} 年 {max(months, 0) % 12} 个月"),
        ("工种（岗位）", worker.post),
        ("月工资", None if worker.wage is None else f"{worker.wage:,} 元"),
        ("特殊工种", worker.is_special_trade),
        ("户口性质", worker.get_household_kind_display()),
        ("职工类别", worker.get_category_display()),
        ("参保险种", insurances_in_words(worker.insurances)),
        ("离职日期", worker.until),
        ("离职原因", worker.get_ending_display()),
        ("登记人", str(worker.recorded_by)),
        ("登记时间", worker.recorded_at),
        ("备注", worker.remark),
    ]


def _said(data: dict[str, Any]) -> str:
    before, after = data.get("before"), data.get("after")
    if not isinstance(before, dict) or not isinstance(after, dict):
        return str(data.get("reason", "") or data.get("ending", ""))
    return "；".join(
        f"{Worker._meta.get_field(name).verbose_name}："  # type: ignore[union-attr]
        f"{before.get(name) or '空'} → {words or '空'}"
        for name, words in after.items()
    )


def _contracts(request: Request, worker: Worker) -> Any:
    can_edit = may(request.user, P.WORKFORCE_EDIT, at=worker.enterprise.grid)

    def actions(contract: Contract) -> list[Action]:
        if contract.filing_id:
            return []
        url = reverse("workforce:contract-remove", args=[contract.pk])
        ask = f"删除 {contract.begins_on} 起的这份合同登记。"
        return [Action("删除", url, method="post", confirm=ask, danger=True)]

    return build_table(
        request,
        worker.contracts.select_related("filing"),
        [
            Column("kind", "合同类型", "get_kind_display"),
            Column("begins_on", "起始日期", sort="begins_on"),
            Column("ends_on", "终止日期", sort="ends_on"),
            Column("signed_on", "签订日期", sort="signed_on"),
            Column("filing", "备案", "filing.filed_on"),
            Column("recorded_at", "登记时间"),
        ],
        name="contracts",
        default_sort="-begins_on",
        row_actions=actions if can_edit else None,
    )


def _filings(worker: Worker, law: FilingLaw) -> list[tuple[str, Any]]:
    district = worker.enterprise.district
    facts = []
    events = [(Event.HIRED, "招用", worker.since, worker.hire_filing)]
    if worker.until:
        events.append((Event.ENDED, "离职", worker.until, worker.end_filing))
    for event, word, day, filing in events:
        limit = law.of(event, district)
        due = law.due(event, day, district)
        state = f"{filing.filed_on} 已备案" if filing else "未备案"
        facts.append((f"{word}备案", state))
        mark = "（暂定）" if due.provisional else ""
        facts.append((f"{word}备案期限", f"{due.on}{mark}，自 {day} 起算"))
        facts.append(("依据", f"{limit.source}：“{limit.clause}”"))
    return facts


def _actions(request: Request, worker: Worker) -> list[Action]:
    grid = worker.enterprise.grid
    to = lambda name: reverse(f"workforce:{name}", args=[worker.pk])  # noqa: E731
    actions = []
    if may(request.user, P.WORKFORCE_EDIT, at=grid):
        actions = [
            Action("修改", to("worker-change"), icon="pencil"),
            Action("登记合同", to("contract-add"), icon="file-earmark-plus"),
        ]
        if worker.until is None:
            actions.append(Action("离职", to("worker-leave"), icon="box-arrow-right"))
        elif not worker.end_filing_id:
            ask = f"撤销 {worker.until} 的离职登记，该职工重新在册。"
            actions.append(
                Action("撤销离职", to("worker-return"), method="post", confirm=ask)
            )
        if not (worker.hire_filing_id or worker.end_filing_id):
            actions.append(
                Action("删除", to("worker-remove"), icon="trash", danger=True)
            )
    if may(request.user, P.WORKER_REVEAL, at=grid):
        actions.append(Action("查看完整信息", to("worker-reveal"), icon="eye"))
    return actions


# --- acts -----------------------------------------------------------------------------


def worker_add(request: Request, pk: int) -> HttpResponse:
    """Write a person into a unit's roster."""
    unit = unit_to_edit(request, pk)
    form = WorkerForm(request.POST or None)

    def act() -> Worker:
        worker = acts.add_worker(enterprise=unit, by=request.user, **form.act())
        _warn(request, worker)
        return worker

    return act_page(
        request,
        form=form,
        act=act,
        title="新增职工",
        crumbs=crumbs_of(unit, "workers", "职工"),
        done=lambda worker: f"已把“{worker}”登记到职工名册。",
        to=lambda worker: tab_url(unit, "workers"),
        sections=WORKER_SECTIONS,
        note=f"{unit.name}。姓名、性别、身份号码、用工形式、用工起始时间和合同期限为"
        "职工名册必备内容（劳动合同法实施条例第八条）。",
    )


def _warn(request: Request, worker: Worker) -> None:
    """Say what the law says of the person's age; it does not stop the entry."""
    if finding := acts.finding_of(worker):
        messages.warning(request, f"{worker}：{finding.message}")


def worker_change(request: Request, pk: int) -> HttpResponse:
    """Change a line of the roster."""
    worker = _to_edit(request, pk)
    form = WorkerForm(
        request.POST or None, worker=worker, initial=WorkerForm.initial_of(worker)
    )

    def act() -> Worker:
        changed = acts.change_worker(worker=worker, by=request.user, **form.act())
        _warn(request, changed)
        return changed

    return act_page(
        request,
        form=form,
        act=act,
        title=f"修改职工：{worker}",
        crumbs=_crumbs(worker),
        done="职工信息已保存。",
        to=lambda changed: changed.get_absolute_url(),
        sections=WORKER_SECTIONS,
    )


def worker_leave(request: Request, pk: int) -> HttpResponse:
    """Note that a person left the unit."""
    worker = _to_edit(request, pk)
    form = LeaveForm(request.POST or None, initial={"edition": worker.edition})
    return act_page(
        request,
        form=form,
        act=lambda: acts.end_employment(
            worker=worker, by=request.user, **form.cleaned_data
        ),
        title=f"登记离职：{worker}",
        crumbs=_crumbs(worker),
        done=lambda left: f"已登记“{left}”于 {left.until} 离职，请按期办理备案。",
        to=lambda left: tab_url(worker.enterprise, "workers"),
        note="解除或终止劳动合同的，单位应按期办理用工备案（见“备案”标签）。",
    )


@require_POST
def worker_return(request: Request, pk: int) -> HttpResponse:
    """Take back a leaving that was noted by mistake."""
    worker = _to_edit(request, pk)
    try:
        acts.undo_ending(worker=worker, edition=worker.edition, by=request.user)
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, f"已撤销“{worker}”的离职登记。")
    return redirect(worker)


def worker_remove(request: Request, pk: int) -> HttpResponse:
    """Delete a line that was written by mistake."""
    worker = _to_edit(request, pk)
    unit = worker.enterprise
    form = ReasonForm(request.POST or None)
    return act_page(
        request,
        form=form,
        act=lambda: acts.remove_worker(
            worker=worker, by=request.user, **form.cleaned_data
        ),
        title=f"删除误登的职工：{worker}",
        crumbs=_crumbs(worker),
        done="已从职工名册删除 1 人。",
        to=lambda _: tab_url(unit, "workers"),
        submit="删除 1 人",
        note="只用于登记错误；已离开单位的请登记离职，保留历史。",
    )


def contract_add(request: Request, pk: int) -> HttpResponse:
    """Note a written contract, or a renewal."""
    worker = _to_edit(request, pk)
    form = ContractForm(request.POST or None)

    def act() -> Contract:
        contract = form.contract()
        assert contract is not None  # noqa: S101 its kind is required
        return acts.add_contract(worker=worker, by=request.user, **contract)

    return act_page(
        request,
        form=form,
        act=act,
        title=f"登记劳动合同：{worker}",
        crumbs=_crumbs(worker),
        done="劳动合同已登记。",
        to=lambda _: worker.get_absolute_url(),
    )


@require_POST
def contract_remove(request: Request, pk: int) -> HttpResponse:
    """Delete a contract that was noted by mistake."""
    contracts = Contract.objects.visible_to(request.user)
    contract = get_object_or_404(
        contracts.select_related("worker__enterprise__grid"), pk=pk
    )
    worker = contract.worker
    require(request.user, P.WORKFORCE_EDIT, at=worker.enterprise.grid)
    try:
        acts.remove_contract(contract=contract, by=request.user)
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, "已删除 1 份合同登记。")
    return redirect(worker)


def worker_reveal(request: Request, pk: int) -> HttpResponse:
    """Show a worker's numbers and addresses in full, once, to who gives a reason."""
    worker = _visible(request, pk)
    require(request.user, P.WORKER_REVEAL, at=worker.enterprise.grid)
    form = RevealForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        shown = acts.reveal_worker(
            worker=worker, reason=form.cleaned_data["reason"], by=request.user
        )
        context = {
            "title": "职工完整信息",
            "worker": worker,
            "shown": shown,
            "crumbs": [*_crumbs(worker), ("职工完整信息", "")],
        }
        return render(request, "workforce/revealed.html", context)
    return render_form(
        request,
        title="查看完整信息",
        form=form,
        crumbs=_crumbs(worker),
        submit="查看",
    )


def _crumbs(worker: Worker) -> list[tuple[str, str]]:
    return [
        *crumbs_of(worker.enterprise, "workers", "职工"),
        (worker.name, worker.get_absolute_url()),
    ]
