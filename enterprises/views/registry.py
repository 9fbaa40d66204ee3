"""数据比对: the list of another department beside our register, and what to do."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_GET, require_POST

from enterprises.matching import Facts, Match, match
from enterprises.models import Enterprise, RegistryDecision, RegistryEntry
from enterprises.registry_forms import what_differs
from enterprises.resources import alike_names
from enterprises.services.registry import adopt_entry, judge_entry
from enterprises.services.verifying import result_words, tasks_about
from gridinspect.accounts.requests import Request
from gridinspect.accounts.roles import Permission
from gridinspect.ui.pages import (
    Action,
    export_action,
    import_action,
    render_list,
    require_holds,
)
from gridinspect.ui.tables import Column, Table, build_table
from grids.access import may, require
from grids.models import Grid, Task

PARTS = {
    "theirs": "名单有、我方无（疑似漏管）",
    "ours": "我方有、名单无（注销或无照）",
    "different": "两边不同",
}
Verdict = RegistryEntry.Verdict
NO_LIST = "还没有名单：请向该部门索取单位名单，再点“导入部门名单”。"


@require_GET
def registry(request: Request) -> HttpResponse:
    """Show what a department's list and our units of a district do not agree on."""
    user = request.user
    district, source, listed = asked_list(request)
    districts = _districts(user)
    part = request.GET.get("part", "theirs")
    if part not in PARTS:
        raise Http404(part)
    counts = {key: rows_of(key, user, listed, district).count() for key in PARTS}
    table = _table(request, part, rows_of(part, user, listed, district), district)
    total = listed.count()
    known = Enterprise.objects.filter(district=district).visible_to(user).known()
    of_whom = RegistryEntry.Source(source).label
    stand = f"还没有{of_whom}的名单。"
    if total:
        stand = (
            f"{district}：{of_whom}名单 {total:,} 户，我方底数 {known.count():,} 户。"
        )
    return render_list(
        request,
        title="数据比对",
        table=table,
        toolbar=[*_bulk(user, district, source, part), *_toolbar(user, source)],
        note=f"{stand}先按信用代码比对，没有代码的按名称；信用代码不同的永远是两家。",
        empty="这一部分没有单位。" if total else NO_LIST,
        template="enterprises/registry.html",
        context={
            "parts": [(k, w, counts[k], k == part) for k, w in PARTS.items()],
            "sources": [
                (value, label, value == source)
                for value, label in RegistryEntry.Source.choices
            ],
            "districts": [(d.pk, d.name, d == district) for d in districts],
            "district": district,
            "decision": _last_decision(user, district),
            "source": source,
            "part": part,
        },
    )


def _districts(user: Any) -> QuerySet[Grid]:
    entries = RegistryEntry.objects.visible_to(user)
    return Grid.objects.filter(pk__in=entries.values("district")).order_by("code")


def asked_list(request: Request) -> tuple[Grid | None, str, Any]:
    """Return the district and the department in the address, and the list's entries."""
    require_holds(request.user, Permission.ENTERPRISE_VIEW)
    entries = RegistryEntry.objects.visible_to(request.user)
    district = _chosen(request, _districts(request.user))
    source = request.GET.get("source", "")
    if source not in RegistryEntry.Source.values:
        first = entries.filter(district=district).order_by("source").first()
        source = first.source if first else RegistryEntry.Source.MARKET.value
    return district, source, entries.filter(district=district, source=source)


def _bulk(user: Any, district: Grid | None, source: str, part: str) -> list[Action]:
    """Return the acts on many rows of a part."""
    if district is None or not may(user, Permission.ENTERPRISE_IMPORT, at=district):
        return []
    asked = f"?district={district.pk}&source={source}&part={part}"
    actions = []
    if part != "different" and may(user, Permission.TASK_ASSIGN, at=district):
        url = reverse("enterprises:registry-verify") + asked
        actions.append(Action("安排现场核实", url, icon="geo-alt", primary=True))
    if part != "ours":
        url = reverse("enterprises:registry-decide") + asked
        actions.append(Action("批量处理", url, icon="check2-square"))
    return actions


def _last_decision(user: Any, district: Grid | None) -> RegistryDecision | None:
    """Return the last decision about many that can still be taken back."""
    if district is None or not may(user, Permission.ENTERPRISE_IMPORT, at=district):
        return None
    decisions = RegistryDecision.objects.filter(district=district, undone_at=None)
    return decisions.select_related("decided_by__person").order_by("-pk").first()


def _table(
    request: Request, part: str, rows: QuerySet[Any], district: Grid | None
) -> Table:
    """Return a page of one part; who an entry may be is looked up for it at once."""
    may_decide = request.user.holds(Permission.ENTERPRISE_IMPORT) and part != "ours"

    def page(columns: list[Column]) -> Table:
        return build_table(
            request,
            rows,
            columns,
            name=f"registry-{part}",
            default_sort="pk",
            row_actions=(lambda row: _actions(row, part)) if may_decide else None,
        )

    if part == "ours":
        keys = [row.object.pk for row in page(_columns_of_ours({})).rows]
        return page(_columns_of_ours(tasks_about("enterprises.enterprise", keys)))
    if part == "different" or district is None:
        return page(_columns(part, {}, {}))
    entries = [row.object for row in page(_columns(part, {}, {})).rows]
    tasks = tasks_about("enterprises.registryentry", [one.pk for one in entries])
    return page(_columns(part, _likely(entries, district), tasks))


def _chosen(request: Request, districts: QuerySet[Grid]) -> Grid | None:
    asked = request.GET.get("district", "")
    if asked.isascii() and asked.isdigit() and len(asked) < 10:
        return get_object_or_404(districts, pk=asked)
    return districts.first()


def rows_of(part: str, user: Any, listed: Any, district: Grid | None) -> QuerySet[Any]:
    """Return the rows of one part of the comparison."""
    if part == "theirs":
        return listed.not_ours()
    if part == "different":
        unit = Enterprise.objects.filter(
            district=OuterRef("district"), uscc=OuterRef("uscc")
        )
        return (
            listed.different()
            .select_related("grid")
            .annotate(
                unit_pk=Subquery(unit.values("pk")[:1]),
                unit_name=Subquery(unit.values("name")[:1]),
                unit_address=Subquery(unit.values("address")[:1]),
                unit_status=Subquery(unit.values("status")[:1]),
                unit_grid=Subquery(unit.values("grid__name")[:1]),
                unit_path=Subquery(unit.values("grid__path")[:1]),
            )
        )
    mine = Enterprise.objects.visible_to(user).filter(district=district).known()
    if not listed.exists():
        return mine.none()
    return (
        mine.exclude(Exists(listed.filter(uscc=OuterRef("uscc"))))
        .exclude(Exists(listed.filter(uscc=None, name_key=OuterRef("name_key"))))
        .exclude(Exists(listed.filter(name_key=OuterRef("name_key"))), uscc=None)
        .select_related("grid")
    )


def _on_site(tasks: Mapping[int, Task]) -> Column:
    """Return the column of what was found on site."""
    today = timezone.localdate()

    def link(row: Any) -> str:
        task = tasks.get(row.pk)
        return task.get_absolute_url() if task else ""

    return Column(
        "on_site",
        "现场核实",
        lambda row: result_words(tasks.get(row.pk), today),
        link=link,
        wraps=True,
    )


def _columns(
    part: str, likely: Mapping[int, SafeString], tasks: Mapping[int, Task]
) -> list[Column]:
    columns = [
        Column("name", "名单中的名称", sort="name"),
        Column("uscc", "统一社会信用代码", sort="uscc"),
        Column("address", "名单中的地址"),
        Column("state", "登记状态"),
        Column("listed_on", "名单日期", sort="listed_on"),
        Column("verdict", "处理", "get_verdict_display", sort="verdict"),
    ]
    if part == "different":
        link = lambda row: reverse("enterprises:detail", args=[row.unit_pk])  # noqa: E731
        columns.insert(1, Column("unit_name", "我方名称", link=link, sort="unit_name"))
        columns.insert(2, Column("apart", "不同之处", what_differs))
        columns.insert(5, Column("unit_address", "我方地址"))
        columns.insert(7, Column("unit_status", "我方状态", _our_status))
        columns.insert(8, Column("grid", "名单中的网格", "grid.name"))
        columns.insert(9, Column("unit_grid", "我方网格"))
    else:
        columns.insert(
            3, Column("likely", "可能是我方的", lambda e: likely.get(e.pk), wraps=True)
        )
        columns.append(_on_site(tasks))
    return columns


def _our_status(entry: Any) -> str:
    return str(Enterprise.Status(entry.unit_status).label)


def _columns_of_ours(tasks: Mapping[int, Task]) -> list[Column]:
    return [
        Column("name", "我方单位", link=True, sort="name"),
        Column("uscc", "统一社会信用代码", sort="uscc"),
        Column("grid", "所属网格", "grid.name", sort="grid__code"),
        Column("address", "经营地址"),
        Column("status", "状态", "get_status_display", sort="status"),
        Column("known_since", "纳入底数日期", sort="known_since"),
        _on_site(tasks),
    ]


def _likely(entries: Sequence[RegistryEntry], district: Grid) -> dict[int, SafeString]:
    """Return who each entry of a page may be, with the parts of the score."""
    asked = [entry for entry in entries if not entry.verdict]
    found = alike_names([entry.name for entry in asked], district.pk, 2**62)
    units = Enterprise.objects.in_bulk({pk for _, pk in found})
    best: dict[int, tuple[Match, Enterprise]] = {}
    for place, pk in found:
        entry, unit = asked[place], units[pk]
        alike = match(
            Facts(entry.name, entry.uscc or "", entry.address, entry.person),
            Facts(unit.name, unit.uscc or "", unit.address, unit.legal_representative),
        )
        if alike and (entry.pk not in best or best[entry.pk][0].score < alike.score):
            best[entry.pk] = (alike, unit)
    return {
        pk: format_html(
            '<a href="{}">{}</a> 相近 {}%（{}）',
            unit.get_absolute_url(),
            unit.name,
            alike.score,
            "；".join(f"{what} {score}%" for what, score, _ in alike.parts),
        )
        for pk, (alike, unit) in best.items()
    }


def _actions(entry: RegistryEntry, part: str) -> Sequence[Action]:
    def to(verdict: str) -> str:
        return reverse("enterprises:registry-judge", args=[entry.pk, verdict])

    actions = []
    if part == "different" and entry.verdict != Verdict.ADOPTED:
        actions.append(
            Action(
                "采用名单",
                to("adopted"),
                method="post",
                confirm="我方单位的名称、地址、状态和网格改为名单中的内容。",
            )
        )
    if entry.verdict != Verdict.VERIFY:
        actions.append(Action("待核实", to("verify"), method="post"))
    if entry.verdict != Verdict.KEPT:
        actions.append(Action("以我方为准", to("kept"), method="post"))
    return actions


def _toolbar(user: Any, source: str) -> list[Action]:
    if not user.holds(Permission.ENTERPRISE_IMPORT):
        return []
    upload = reverse("imports:upload", args=["registry"])
    export = f"{reverse('imports:export', args=['registry'])}?source={source}"
    return [import_action(upload, "导入部门名单"), export_action(export)]


@require_POST
def judge(request: Request, pk: int, verdict: str) -> HttpResponse:
    """Note what is to become of a difference, or take the list's word for it."""
    entry = get_object_or_404(RegistryEntry.objects.visible_to(request.user), pk=pk)
    require(request.user, Permission.ENTERPRISE_IMPORT, at=entry.district)
    if verdict not in Verdict.values or not verdict:
        raise Http404(verdict)
    try:
        if verdict == Verdict.ADOPTED:
            adopt_entry(entry=entry, by=request.user)
        else:
            judge_entry(entry=entry, verdict=verdict, by=request.user)
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, f"已把“{entry}”记为{Verdict(verdict).label}。")
    ours = Enterprise.objects.filter(district=entry.district_id, uscc=entry.uscc or "")
    part = "different" if ours.exists() else "theirs"
    asked = f"district={entry.district_id}&source={entry.source}&part={part}"
    return redirect(f"{reverse('enterprises:registry')}?{asked}")
