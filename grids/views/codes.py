"""编码: the scheme of a city, and recoding in bulk with a preview."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone

from gridinspect.accounts.roles import Permission
from gridinspect.ui.pages import Action, Tab, render_detail, render_form
from gridinspect.ui.tables import Column, build_table
from grids.access import may, require
from grids.code_forms import CodeSchemeForm, RecodeForm
from grids.forms import add_refusal
from grids.models import City, Grid
from grids.services.codes import FIELDS, scheme_of, set_scheme
from grids.services.recoding import Plan, Recode, irregular, plan_recoding, recode_grids
from grids.views.deciding import posted
from grids.views.grids import CRUMBS, to_change

SHOWN = 500  # rows of a preview; the rest is counted


def code_scheme(request, pk):
    """Show how a city numbers its grids, and which districts have other codes."""
    city = _city(request, pk)
    scheme = scheme_of(city)
    rule = scheme.rule
    actions = []
    if may(request.user, Permission.GRID_EDIT, at=city):
        change = reverse("grids:codes-change", args=[city.pk])
        actions.append(Action("修改方案", change, icon="pencil", primary=True))
    facts: list[tuple[str, Any]] = [
        ("地市", city.name),
        ("各级位数", str(rule)),
        ("区县编码", f"{rule.length('district')} 位"),
        ("街道编码", f"{rule.length('street')} 位"),
        ("社区编码", f"{rule.length('community')} 位"),
        ("单元编码", f"{rule.length('cell')} 位（上级编码加 {rule.parts[-1]} 位）"),
        ("自由编码", "允许" if rule.allows_free else "不允许"),
        ("编码不符合方案时", scheme.get_check_codes_display()),
        ("设定", scheme.changed_at if scheme.pk else "未设定，按默认方案"),
    ]
    return render_detail(
        request,
        title=f"{city}编码方案",
        facts=facts,
        tabs=[Tab("districts", "各区县", lambda: _districts(request, city))],
        actions=actions,
        crumbs=[*_city_crumbs(city)],
        obj=scheme if scheme.pk else None,
    )


def _districts(request, city: City):
    visible = Grid.objects.visible_to(request.user).within(city)
    roots = list(visible.filter(parent=None, closed_on=None).order_by("code"))
    numbers = irregular(city, roots)

    def recode(district: Grid) -> list[Action]:
        if not may(request.user, Permission.GRID_EDIT, at=district):
            return []
        return [Action("重新编码", reverse("grids:recode", args=[district.pk]))]

    columns = [
        Column("code", "编码", sort="code"),
        Column("name", "区县", sort="name", link=True),
        Column("grids", "网格数", value=lambda one: numbers[one.pk][0], numeric=True),
        Column(
            "irregular",
            "不符合方案",
            value=lambda one: numbers[one.pk][1],
            numeric=True,
        ),
    ]
    return build_table(
        request,
        roots,
        columns,
        name="city-codes",
        default_sort="code",
        row_actions=recode,
    )


def scheme_change(request, pk):
    """Set how a city numbers its grids."""
    city = _city(request, pk)
    require(request.user, Permission.GRID_EDIT, at=city)
    form = CodeSchemeForm(request.POST or None, instance=scheme_of(city))
    if form.is_valid():
        fields = {name: form.cleaned_data[name] for name in FIELDS}
        try:
            scheme = set_scheme(city=city, by=request.user, **fields)
        except ValidationError as error:
            add_refusal(form, error)
        else:
            messages.success(request, f"{scheme}已保存。")
            return redirect(scheme)
    return render_form(
        request,
        title=f"修改{city}编码方案",
        form=form,
        sections=[
            ("位数", FIELDS[:5]),
            ("检查", FIELDS[5:]),
        ],
        crumbs=[
            *_city_crumbs(city),
            (f"{city}编码方案", reverse("grids:codes", args=[city.pk])),
        ],
    )


def _city(request, pk) -> City:
    return get_object_or_404(City.objects.visible_to(request.user), pk=pk)


def _city_crumbs(city: City) -> list[tuple[str, str]]:
    return [
        ("地市", reverse("grids:cities")),
        (city.name, reverse("grids:city", args=[city.pk])),
    ]


# --- recoding -------------------------------------------------------------------------


def grid_recode(request, pk):
    """Give grids at and below one other codes: first the preview, then the act."""
    grid = to_change(request, pk)
    form = RecodeForm(request.POST or None, at=grid)
    context: dict[str, Any] = {"scheme": scheme_of(grid.city), "grid": grid}
    if form.is_valid():
        try:
            if _recoded(request, grid, form, context):
                return redirect(grid)
        except ValidationError as error:
            add_refusal(form, error)
    return render_form(
        request,
        title=f"重新编码：{grid}",
        form=form,
        sections=[
            ("怎样改", ["how", "on"]),
            ("换开头", ["old", "new"]),
            ("按名单", ["pairs"]),
        ],
        crumbs=[*CRUMBS, (grid.name, grid.get_absolute_url())],
        submit="下一步：核对新旧编码",
        template="grids/recode.html",
        context=context,
    )


def _recoded(request, grid: Grid, form: RecodeForm, context: dict[str, Any]) -> bool:
    """Recode as confirmed, else put the preview into the context. Raises Refused."""
    day = form.cleaned_data["on"] or timezone.localdate()
    plan = plan_recoding(grid, form.codes(), on=day)
    if request.POST.get("seen") == _stamp(plan) and plan.rows:
        done = recode_grids(at=grid, codes=plan.codes, on=day, by=request.user)
        messages.success(request, f"“{grid}”及其下级中 {len(done)} 个网格已重新编码。")
        return True
    context |= {
        "plan": plan,
        "rows": sorted(plan.rows, key=_gravity)[:SHOWN],
        "more": max(0, len(plan.rows) - SHOWN),
        "day": day,
        "again": "seen" in request.POST,
        "posted": posted(request),
        "seen": _stamp(plan),
    }
    return False


def _gravity(row: Recode) -> int:
    """Show conflicts first, then advice."""
    if row.conflict:
        return 0
    return 1 if row.advice else 2


def _stamp(plan: Plan) -> str:
    """Return what a confirmation stands for: nothing unseen is confirmed."""
    return ",".join(f"{row.grid.code}>{row.code}" for row in plan.rows)
