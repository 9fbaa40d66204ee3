"""Cities, and the districts of one city side by side."""

from collections import Counter, defaultdict
from functools import partial

from django.db.models import Count
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from gridinspect.accounts.roles import POSTED_STAFF, Permission
from gridinspect.ui.pages import (
    Action,
    Tab,
    render_detail,
    render_list,
    require_holds,
)
from gridinspect.ui.tables import Column, build_table
from grids.models import City, Grid, Posting
from grids.services.policies import policies_on

COLUMNS = [
    Column("code", "行政区划代码", sort="code"),
    Column(
        "name",
        "地市",
        sort="name",
        link=lambda city: reverse("grids:city", args=[city.pk]),
    ),
    Column("province", "省份", sort="province"),
]


def city_list(request):
    """Show the cities in which the user works."""
    require_holds(request.user, Permission.GRID_VIEW)
    cities = City.objects.visible_to(request.user)
    table = build_table(request, cities, COLUMNS, name="cities", default_sort="code")
    return render_list(request, title="地市", table=table)


def city_detail(request, pk):
    """Show a city's districts side by side, as far as the user sees them."""
    city = get_object_or_404(City.objects.visible_to(request.user), pk=pk)
    return render_detail(
        request,
        title=city.name,
        facts=[("行政区划代码", city.code), ("省份", city.province)],
        tabs=[
            Tab(
                "districts",
                "区县",
                lambda: _districts(request, city),
                empty="还没有区县，请在“网格管理”点“新增”，或导入网格名册。",
            )
        ],
        actions=[
            Action("编码方案", reverse("grids:codes", args=[city.pk]), icon="123")
        ],
        crumbs=[("地市", reverse("grids:cities"))],
        obj=city,
    )


def _districts(request, city: City):
    today = timezone.localdate()
    visible = Grid.objects.visible_to(request.user).within(city).open_on(today)
    districts = list(visible.filter(parent=None).order_by("code"))
    policies = policies_on(districts, today)
    kinds: dict[int, Counter[str]] = defaultdict(Counter)
    for district, kind, number in (
        visible.values_list("district", "kind")
        .order_by("district")
        .annotate(Count("pk"))
    ):
        kinds[district][kind] = number
    posts = Posting.objects.on(today).filter(role__in=POSTED_STAFF, grid__city=city)
    people = dict(
        posts.values_list("grid__district")
        .order_by("grid__district")
        .annotate(Count("person", distinct=True))
    )

    def counted(district: Grid, level: int) -> int:
        policy = policies.get(district.pk)
        return sum(
            number
            for kind, number in kinds[district.pk].items()
            if policy and policy.values.level_of(kind) == level
        )

    def plan(district: Grid) -> str:
        return policies[district.pk].policy.title if district.pk in policies else ""

    columns = [
        Column("code", "编码", sort="code"),
        Column("name", "区县", sort="name", link=True),
        Column("kind", "类型", value="get_kind_display"),
        Column("policy", "现行政策", value=plan),
        *(
            Column(
                f"level{level}",
                f"{name}级网格",
                value=partial(counted, level=level),
                numeric=True,
            )
            for level, name in enumerate("一二三", start=1)
        ),
        Column(
            "grids",
            "网格树节点",
            value=lambda district: kinds[district.pk].total(),
            numeric=True,
        ),
        Column(
            "people",
            "在岗人数",
            value=lambda district: people.get(district.pk, 0),
            numeric=True,
        ),
    ]
    return build_table(
        request, districts, columns, name="city-districts", default_sort="code"
    )
