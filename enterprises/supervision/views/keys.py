"""重点单位: who is under key supervision, on which grounds, by whose decision."""

from io import BytesIO

import django_filters as filters
from django.contrib import messages
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, Min, OuterRef, QuerySet, Subquery
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from enterprises.models import Enterprise
from enterprises.supervision import forms
from enterprises.supervision.models import KeyEntry
from enterprises.supervision.services import keys
from enterprises.supervision.views.grades import note_export
from enterprises.supervision.views.shared import (
    P,
    districts,
    knows_reasons,
)
from gridinspect.accounts.models import User
from gridinspect.accounts.requests import Request
from gridinspect.documents.answers import workbook_answer
from gridinspect.documents.sheets import SheetColumn, write_table
from gridinspect.scope import within_paths
from gridinspect.ui.pages import (
    Action,
    export_action,
    render_list,
    require_holds,
)
from gridinspect.ui.tables import Column, build_table
from grids import outline

CRUMBS = [("重点单位", "/key-units/")]
LISTED = "列入重点"


class KeyUnitFilter(filters.FilterSet):
    """The search block of 重点单位. Grounds are asked for only by who may know them."""

    name = filters.CharFilter("name", lookup_expr="icontains", label="单位名称")
    ground = filters.ChoiceFilter(
        label="列入依据", method="by_ground", empty_label="全部"
    )
    since = filters.DateFilter(
        "key_since",
        lookup_expr="gte",
        label="列入日期 自",
        widget=forms.DayInput,
    )
    until = filters.DateFilter(
        "key_since", lookup_expr="lte", label="至", widget=forms.DayInput
    )

    class Meta:
        model = Enterprise
        fields: list[str] = []

    def __init__(self, *args, user, on, **kwargs):
        super().__init__(*args, **kwargs)
        self.user, self.on = user, on
        if not user.holds(P.KEY_REASON_VIEW):
            del self.form.fields["ground"]
            del self.filters["ground"]
            return
        mine = KeyEntry.objects.filter(
            within_paths(user.scope_paths(P.KEY_REASON_VIEW), "enterprise__grid__path")
        ).on(on)
        names = mine.order_by("ground").values_list("ground", "ground_name").distinct()
        self.form.fields["ground"].choices = [("", "全部"), *dict(names).items()]

    def by_ground(self, units, _name, value):
        paths = self.user.scope_paths(P.KEY_REASON_VIEW)
        entries = KeyEntry.objects.on(self.on).filter(
            enterprise=OuterRef("pk"), ground=value
        )
        return units.filter(Exists(entries)).filter(within_paths(paths, "grid__path"))


def key_unit_rows(user: User, at, on) -> QuerySet[Enterprise]:
    """Return the key units that a person sees, with since when and on which grounds."""
    entries = KeyEntry.objects.on(on).filter(enterprise=OuterRef("pk")).order_by()
    first = entries.values("enterprise").annotate(first=Min("since")).values("first")
    units = Enterprise.objects.visible_to(user).filter(Exists(entries))
    if at:
        units = units.within(at)
    return units.select_related("grid", "district").annotate(
        key_since=Subquery(first),
        key_grounds=ArraySubquery(
            entries.order_by("since", "pk").values("ground_name")
        ),
    )


def columns(user: User) -> list[Column]:
    """Return the columns of the list."""

    def grounds(unit) -> str:
        if not knows_reasons(user, unit.grid):
            return LISTED
        return "；".join(unit.key_grounds)

    return [
        Column("name", "单位名称", sort="name", link=tab_url),
        Column("uscc", "统一社会信用代码", sort="uscc"),
        Column("grid", "所属网格", "grid.name", sort="grid__code"),
        Column("headcount", "从业人数", numeric=True, sort="headcount"),
        Column("key_since", "列入日期", sort="key_since"),
        Column("grounds", "列入依据", grounds, wraps=True),
        Column("address", "经营地址", hidden=True),
    ]


def tab_url(unit: Enterprise) -> str:
    """Return where a unit's file tells of its grades and key supervision."""
    return f"{unit.get_absolute_url()}?tab=supervision"


@require_GET
def key_unit_list(request: Request) -> HttpResponse:
    """Show the key units of the user's places, today."""
    user, today = request.user, timezone.localdate()
    require_holds(user, P.ENTERPRISE_VIEW)
    at = outline.place_asked(request)
    search = KeyUnitFilter(
        request.GET, queryset=key_unit_rows(user, at, today), user=user, on=today
    )
    table = build_table(
        request, search.qs, columns(user), name="key-units", default_sort="-key_since"
    )
    return render_list(
        request,
        title="重点单位",
        table=table,
        filters=search,
        toolbar=_toolbar(request),
        tree=outline.tree_beside(request, "supervision:key-units", at),
        note=f"{f'辖区：{at}。' if at else ''}符合方案情形的单位每天自动列入，"
        "情形消失后自动移出；手工列入和移出须有理由并由另一人批准。",
        empty="没有符合条件的重点单位。情形出现时自动列入"
        + (
            "，也可以在单位档案的“等级与重点”中申请列入。"
            if user.holds(P.SUPERVISION_EDIT)
            else "。"
        ),
    )


def _toolbar(request: Request) -> list[Action]:
    user, toolbar = request.user, []
    if user.holds(P.SUPERVISION_EDIT) or user.holds(P.SUPERVISION_APPROVE):
        waiting = KeyEntry.objects.visible_to(user).waiting().count()
        url = reverse("supervision:key-entries")
        toolbar.append(
            Action("列入和移出记录", url, "clock-history", primary=bool(waiting))
        )
    if user.holds(P.SUPERVISION_EDIT):
        toolbar.append(
            Action(
                "重新判定",
                reverse("supervision:key-refresh"),
                "arrow-repeat",
                method="post",
                confirm="按今天的事实重新判定您的区县的全部单位；也会在每天夜间自动进行。",
            )
        )
    query = request.GET.urlencode()
    toolbar.append(export_action(f"{reverse('supervision:key-export')}?{query}"))
    return toolbar


@require_GET
def key_export(request: Request) -> HttpResponse:
    """Hand out the list as a workbook, grounds only where one may know them."""
    user, today = request.user, timezone.localdate()
    require_holds(user, P.ENTERPRISE_VIEW)
    at = outline.place_asked(request)
    search = KeyUnitFilter(
        request.GET, queryset=key_unit_rows(user, at, today), user=user, on=today
    )
    shown = columns(user)
    stream = BytesIO()
    count = write_table(
        stream,
        [
            SheetColumn("序号", 6, "integer"),
            *(
                SheetColumn(
                    one.label,
                    36 if one.key in ("name", "grounds", "address") else 18,
                    "date" if one.key == "key_since" else "text",
                )
                for one in shown
            ),
        ],
        (
            [number, *(column.of(unit) for column in shown)]
            for number, unit in enumerate(
                search.qs.order_by("grid__code", "name").iterator(2000), 1
            )
        ),
        title="重点监管单位名册",
        organisation=str(at or ""),
        period=f"截至 {today}",
        unit="户",
        name="重点单位",
    )
    note_export(user, at, count, request.GET.dict(), "key_units.exported")
    return workbook_answer(stream, "key-units.xlsx")


@require_POST
def key_refresh(request: Request) -> HttpResponse:
    """Judge the units of the user's districts now."""
    require_holds(request.user, P.SUPERVISION_EDIT)
    entered = left = 0
    for district in districts(request.user, P.SUPERVISION_EDIT):
        found = keys.refresh_key_units(
            district=district, on=timezone.localdate(), by=request.user
        )
        entered, left = entered + found.entered, left + found.left
    messages.success(request, f"已重新判定：列入 {entered} 条，移出 {left} 条。")
    return redirect("supervision:key-units")
