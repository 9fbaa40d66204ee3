"""无缝无重: do the grids below one tile it? Shown, and put away as a paper to sign."""

from typing import Any

from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from shapely.geometry import mapping

from gridinspect.accounts.roles import Permission
from gridinspect.ui.pages import Action, render_detail
from grids import outline
from grids.access import may, require
from grids.boundaries import PROJECTION
from grids.services.tilings import Check, archive_tiling, checked_tiling
from grids.tiling_paper import LIMITS, fault_cells, summary
from grids.views.maps import CRUMBS, map_data, visible_grid

FAULTS = 500  # lines of a proof on its page


def tiling(request, pk):
    """Prove that a grid's children tile it, or show where they do not.

    A POST puts the result into the archive as 无缝无重检查表.
    """
    grid = visible_grid(request, pk)
    may_archive = may(request.user, Permission.REPORT_MAKE, at=grid)
    if request.method == "POST":
        require(request.user, Permission.REPORT_MAKE, at=grid)
    check = checked_tiling(grid, request.user)
    if request.method == "POST" and check:
        return redirect(archive_tiling(grid=grid, check=check, by=request.user))
    actions = [Action("网格地图", outline.list_at("grids:map", grid), icon="map")]
    if check and may_archive:
        actions.append(
            Action(
                "生成检查表",
                reverse("grids:tiling", args=[pk]),
                icon="file-earmark-check",
                method="post",
                primary=True,
            )
        )
    return render_detail(
        request,
        title=f"无缝无重检查：{grid.name}",
        subtitle=f"数据截止 {timezone.localdate()}",
        actions=actions,
        crumbs=[*CRUMBS, (grid.name, outline.list_at("grids:map", grid))],
        note="" if check else "本网格和下级网格都有边界后才能检查，请先上传边界。",
        template="grids/map/tiling.html",
        context=_tiling_context(check) if check else {},
    )


def _tiling_context(check: Check) -> dict[str, Any]:
    found = [
        {
            "number": number,
            "text": fault.label,
            "place": [fault.place[1], fault.place[0]],
            "shape": mapping(fault.piece) if fault.piece else None,
        }
        for number, fault in enumerate(check.tiling.faults[:FAULTS], 1)
    ]
    return {
        "check": check,
        "summary": summary(check.tiling),
        "rows": [
            (number, *fault_cells(fault, check.names))
            for number, fault in enumerate(check.tiling.faults[:FAULTS], 1)
        ],
        "more": max(len(check.tiling.faults) - FAULTS, 0),
        "projection": PROJECTION,
        "limits": LIMITS,
        "map": map_data(check.grids, check.areas, own=check.grids[0], faults=found),
    }
