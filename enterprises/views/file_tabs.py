"""Tabs of a unit's file: its documents, and what was changed in it."""

from django.template.loader import render_to_string

from enterprises.file_changes import changes_of
from enterprises.models import Enterprise, Material
from enterprises.services.materials import page_ranges
from gridinspect.accounts.requests import Request
from gridinspect.accounts.roles import Permission
from gridinspect.ui.tables import Column, build_table
from grids.access import may


def materials_tab(request: Request, unit: Enterprise) -> str:
    """Return 卷内目录 with page numbers, and where the paper file stands."""
    found = Material.objects.filter(enterprise=unit).select_related(
        "recorded_by__person", "voided_by__person", "attachment", "replaces"
    )
    materials = list(found.order_by("number"))
    context = {
        "unit": unit,
        "lines": page_ranges(materials),
        "pages": sum(one.pages for one in materials if not one.is_void),
        "places": unit.paper_places.select_related("moved_by__person").order_by(
            "-moved_on", "-pk"
        ),
        "may_edit": may(request.user, Permission.ENTERPRISE_EDIT, at=unit.grid),
    }
    return render_to_string("enterprises/_materials.html", context, request)


def changes_tab(request: Request, unit: Enterprise):
    """Return what was changed in the file, field by field, with author and source."""
    return build_table(
        request,
        changes_of(unit),
        [
            Column("at", "时间"),
            Column("label", "项目"),
            Column("before", "原值", wraps=True),
            Column("after", "新值", wraps=True, link=lambda one: one.url),
            Column("since", "生效日期"),
            Column("by", "修改人"),
            Column("source", "来源", wraps=True),
        ],
        name="file-changes",
    )
