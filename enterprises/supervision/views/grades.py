"""信用等级: the list of ratings, and its workbook."""

from io import BytesIO
from typing import Any

import django_filters as filters
from django.db import transaction
from django.db.models import Max
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from enterprises.supervision.models import Rating
from enterprises.supervision.services.schemes import every_scheme
from enterprises.supervision.views.shared import (
    P,
    grade_badge,
    reasons_shown,
)
from gridinspect.accounts.models import User
from gridinspect.accounts.requests import Request
from gridinspect.audit.services import record
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
from gridinspect.ui.templatetags.ui import badge_html
from grids import outline

CRUMBS = [("信用等级", "/grades/")]
STATES = (
    ("standing", "已批准"),
    ("proposed", "待批准"),
    ("replaced", "已更正（旧）"),
    ("objected", "有异议待答复"),
)


class RatingFilter(filters.FilterSet):
    """The search block of 信用等级."""

    name = filters.CharFilter(
        "enterprise__name", lookup_expr="icontains", label="单位名称"
    )
    year = filters.NumberFilter("year", label="评价年度")
    grade = filters.ChoiceFilter(label="等级", choices=[], empty_label="全部")
    state = filters.ChoiceFilter(
        label="状态", choices=STATES, method="by_state", empty_label="全部"
    )

    class Meta:
        model = Rating
        fields = ("name", "year", "grade", "state")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        known = {grade.key for one in every_scheme() for grade in one.grades}
        choices = [(grade, f"{grade}级") for grade in sorted(known)]
        self.filters["grade"].field.choices = choices

    def by_state(self, rows, _name, value):
        match value:
            case "standing":
                return rows.standing()
            case "proposed":
                return rows.filter(approved_on=None)
            case "replaced":
                return rows.filter(replaced_on__isnull=False)
        return rows.filter(
            objections__decided_on=None, objections__isnull=False
        ).distinct()


def state_words(rating: Rating) -> str:
    """Return the state of a rating in one word."""
    if rating.replaced_on:
        return "已更正"
    if rating.approved_on is None:
        return "待批准"
    if rating.published_on:
        return "已公布"
    return "已告知" if rating.notified_on else "已批准"


def seen_by(user: User) -> Any:
    """Return the ratings that a person sees: unapproved ones only who works on them."""
    working = [
        *user.scope_paths(P.SUPERVISION_EDIT),
        *user.scope_paths(P.SUPERVISION_APPROVE),
    ]
    rows = Rating.objects.visible_to(user)
    mine = rows.filter(within_paths(working, "enterprise__grid__path"))
    return rows.filter(approved_on__isnull=False) | mine


def columns(user: User) -> list[Column]:
    """Return the columns of the list."""

    def why(rating: Rating) -> str:
        shown = reasons_shown(user, rating.enterprise, rating.decided)
        words = "；".join(f"{one['name']}（{one['value']}）" for one in shown)
        return f"人工调整：{rating.reason}" if rating.is_adjusted else words

    return [
        Column(
            "enterprise",
            "单位名称",
            "enterprise.name",
            sort="enterprise__name",
            link=True,
        ),
        Column("grid", "所属网格", "enterprise.grid.name"),
        Column("year", "评价年度", sort="year"),
        Column("grade", "等级", lambda r: grade_badge(r.grade), sort="grade"),
        Column("proposed", "建议等级", "proposed", sort="proposed", hidden=True),
        Column("points", "得分", numeric=True, sort="points", hidden=True),
        Column("why", "定级事实", why, wraps=True),
        Column("state", "状态", lambda r: badge_html(state_words(r), "plain")),
        Column("valid_until", "有效期至", sort="valid_until"),
        Column("notified_on", "告知日期", sort="notified_on", hidden=True),
        Column("published_on", "公布日期", sort="published_on", hidden=True),
    ]


def _asked(request: Request, at):
    rows = seen_by(request.user)
    if at:
        rows = rows.within(at)
    rows = rows.select_related("enterprise__grid").defer("facts")
    data = request.GET.copy()
    if "year" not in data:
        newest = rows.aggregate(newest=Max("year"))["newest"]
        data["year"] = str(newest or timezone.localdate().year - 1)
    return RatingFilter(data, queryset=rows)


@require_GET
def grade_list(request: Request) -> HttpResponse:
    """Show 信用等级: the grades of the user's units, the newest year first."""
    user = request.user
    require_holds(user, P.ENTERPRISE_VIEW)
    at = outline.place_asked(request)
    search = _asked(request, at)
    table = build_table(
        request, search.qs, columns(user), name="grades", default_sort="-grade"
    )
    toolbar = []
    if user.holds(P.SUPERVISION_EDIT) or user.holds(P.SUPERVISION_APPROVE):
        toolbar.append(
            Action(
                "评定批次", reverse("supervision:rounds"), "collection", primary=True
            )
        )
        toolbar.append(
            Action("按办法试算", reverse("supervision:replay"), "arrow-repeat")
        )
    query = request.GET.urlencode()
    toolbar.append(export_action(f"{reverse('supervision:grades-export')}?{query}"))
    return render_list(
        request,
        title="信用等级",
        table=table,
        filters=search,
        toolbar=toolbar,
        tree=outline.tree_beside(request, "supervision:grades", at),
        note=(f"辖区：{at}。" if at else "")
        + "等级由上一年度的事实按评价办法得出，经复核、由另一人批准后生效。",
        empty="没有符合条件的等级。年度评定从“评定批次”开始；还没有评定的年度没有等级。",
    )


@require_GET
def grades_export(request: Request) -> HttpResponse:
    """Hand out what the list shows as a workbook."""
    user = request.user
    require_holds(user, P.ENTERPRISE_VIEW)
    at = outline.place_asked(request)
    search = _asked(request, at)
    shown = columns(user)
    rows = search.qs.order_by("-grade", "enterprise__name", "pk")
    stream = BytesIO()
    count = write_table(
        stream,
        [
            SheetColumn("序号", 6, "integer"),
            SheetColumn("单位名称", 36),
            SheetColumn("统一社会信用代码", 22),
            SheetColumn("所属网格", 20),
            SheetColumn("评价年度", 10, "integer"),
            SheetColumn("等级", 8),
            SheetColumn("定级事实", 44),
            SheetColumn("状态", 10),
            SheetColumn("有效期至", 12, "date"),
        ],
        (
            [
                number,
                one.enterprise.name,
                one.enterprise.uscc or "",
                one.enterprise.grid.name,
                one.year,
                one.grade,
                shown[6].of(one),
                state_words(one),
                one.valid_until,
            ]
            for number, one in enumerate(rows.iterator(2000), 1)
        ),
        title="守法诚信等级名册",
        organisation=str(at or ""),
        period=f"截至 {timezone.localdate()}",
        unit="户",
        name="信用等级",
    )
    note_export(user, at, count, request.GET.dict(), "grades.exported")
    return workbook_answer(stream, "grades.xlsx")


def note_export(user: User, at, count: int, asked: dict, verb: str) -> None:
    """Note that a list left the system."""
    paths = user.scope_paths(P.ENTERPRISE_VIEW)
    with transaction.atomic():
        path = at.path if at else paths[0]
        record(verb, by=user, target=user, path=path, count=count, asked=asked)
