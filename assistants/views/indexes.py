"""配置指数: the posts of each grid, where the plan leaves the number to districts."""

from collections.abc import Sequence

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone

from assistants.establishment import indexed_grids
from assistants.forms import IndexForm
from gridinspect.accounts.roles import Permission
from gridinspect.ui.pages import render_form
from grids import outline
from grids.access import require
from grids.forms import add_refusal
from grids.models import Grid
from grids.services.quotas import indexes_on, set_indexes

P = Permission
MOST = 500  # grids of one page; a street's own page has the others


def indexes(request, pk):
    """Enter the indexes of all grids at and below one, from a day on."""
    place: Grid = get_object_or_404(Grid.objects.visible_to(request.user), pk=pk)
    require(request.user, P.GRID_EDIT, at=place)
    today = timezone.localdate()
    establishment = outline.list_at("assistants:establishment", place)
    grids = indexed_grids(place, today)
    if not grids:
        messages.info(request, f"{place}采用的方案不按配置指数确定人数，不用录入。")
        return redirect(establishment)
    form = IndexForm(
        request.POST or None, grids=grids[:MOST], present=indexes_on(grids, today)
    )
    if form.is_valid():
        try:
            many = set_indexes(
                form.said(), at=place, on=form.cleaned_data["on"], by=request.user
            )
        except ValidationError as error:
            add_refusal(form, error)
        else:
            messages.success(request, f"已保存 {many} 个网格的配置指数。")
            return redirect(establishment)
    return render_form(
        request,
        title=f"配置指数：{place}",
        form=form,
        sections=[("生效", ["on"]), *_by_parent(grids[:MOST])],
        note=_note(grids),
        crumbs=[
            ("人员配备", reverse("assistants:establishment")),
            (str(place), establishment),
        ],
    )


def _note(grids: Sequence[Grid]) -> str:
    words = "每个网格应配的人数就是它的配置指数，只保存有改动的；空着的网格应配数未定。"
    if len(grids) > MOST:
        words += f"共 {len(grids)} 个网格，这里列出前 {MOST} 个，其余请从街道进入。"
    return words


def _by_parent(grids: Sequence[Grid]) -> list[tuple[str, list[str]]]:
    """Return a section for each street, with the fields of its grids."""
    parents = Grid.objects.in_bulk({grid.parent_id for grid in grids})
    sections: dict[str, list[str]] = {}
    for grid in grids:
        title = str(parents.get(grid.parent_id, grid))
        sections.setdefault(title, []).append(IndexForm.name_of(grid))
    return list(sections.items())
