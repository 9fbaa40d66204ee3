"""最低工资标准 by province, and the class of areas of each district."""

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from enterprises.freshness import districts_of
from enterprises.models import Enterprise
from enterprises.wages.forms import WageClassForm
from enterprises.wages.limits import WageLimits
from enterprises.wages.models import WageClass
from enterprises.wages.services import ledger as services
from enterprises.wages.views.arrears import CRUMBS
from enterprises.wages.views.common import answer
from gridinspect.accounts.requests import Request
from gridinspect.accounts.roles import Permission
from gridinspect.ui.pages import add_action, render_detail, require_holds
from grids.models import Grid

P = Permission


def minimum_words(unit: Enterprise, on: date | None = None) -> str:
    """Say what the minimum wage of a unit's district is on a day."""
    on = on or timezone.localdate()
    row = WageClass.objects.on(on).filter(district=unit.district_id).first()
    if row is None:
        return "本区县还没有登记最低工资类区。"
    limit = WageLimits(unit.district.city.province).minimum_wage(row.number, on=on)
    if limit is None:
        return "本省的最低工资标准还没有录入。"
    return f"现行最低工资标准每月 {limit.value:,} 元（{limit.source}）。"


@require_GET
def minimum(request: Request) -> HttpResponse:
    """Show the minimum wages of the user's provinces, and each district's class."""
    require_holds(request.user, P.ENTERPRISE_VIEW)
    keys = districts_of(request.user, P.ENTERPRISE_VIEW)
    districts = Grid.objects.filter(pk__in=keys).select_related("city").order_by("code")
    classes = {
        row.district_id: row
        for row in WageClass.objects.current().filter(district__in=keys)
    }
    provinces = sorted({district.city.province for district in districts})
    context = {
        "title": "最低工资标准",
        "provinces": [(name, WageLimits(name).minimum_rows()) for name in provinces],
        "districts": [(one, classes.get(one.pk)) for one in districts],
    }
    actions = []
    if request.user.holds(P.UNIT_ASSISTANT):
        actions.append(add_action(reverse("wages:minimum-set"), "登记类区"))
    return render_detail(
        request,
        title="最低工资标准",
        actions=actions,
        crumbs=CRUMBS,
        template="wages/minimum.html",
        context=context,
    )


def minimum_set(request: Request) -> HttpResponse:
    """Say into which class of areas a district falls."""
    require_holds(request.user, P.UNIT_ASSISTANT)
    keys = districts_of(request.user, P.UNIT_ASSISTANT)
    districts = Grid.objects.filter(pk__in=keys).order_by("code")
    only = districts[0] if len(keys) == 1 else None
    form = WageClassForm(
        request.POST or None, districts=districts, initial={"district": only}
    )

    def act(**typed: Any) -> WageClass:
        return services.set_wage_class(by=request.user, **typed)

    return answer(
        request,
        form,
        act,
        to=reverse("wages:minimum"),
        said="已登记最低工资类区。",
        title="登记最低工资类区",
        crumbs=[*CRUMBS, ("最低工资标准", reverse("wages:minimum"))],
        note="标准数额随省级政策文件载入；这里登记各区县属于哪一类区。",
    )
