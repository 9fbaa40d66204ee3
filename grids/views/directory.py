"""通讯录: search, print and export; numbers in full for a reason."""

from io import BytesIO
from typing import Any

from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from gridinspect.accounts.roles import Permission
from gridinspect.documents.answers import workbook_answer
from gridinspect.ui.pages import (
    Action,
    export_action,
    render_form,
    render_list,
    require_holds,
)
from gridinspect.ui.tables import Column, build_table
from grids import outline
from grids.access import require_somewhere
from grids.directory import PARTS, Part, in_full, masked, revealing, write_directory
from grids.office_forms import DirectoryForm, RevealNumbersForm
from grids.services.directory import note_export, note_reveal

P = Permission
CRUMBS = [("通讯录", "/directory/")]
ON_ONE_PAGE = 2_000  # rows with numbers in full


def directory(request):
    """Show one part of the directory of a place, telephone numbers masked."""
    require_holds(request.user, P.GRID_VIEW)
    at = outline.place_asked(request)
    form = DirectoryForm(request.GET)
    part = form.part
    rows = part.found(request.user, at, form.words)
    asked = request.GET.urlencode()
    toolbar = [export_action(f"{reverse('grids:directory-export')}?{asked}")]
    if part.has_private and request.user.holds(P.PERSONAL_REVEAL):
        url = f"{reverse('grids:directory-reveal')}?{asked}"
        toolbar.append(Action("查看完整号码", url, icon="eye"))
    return render_list(
        request,
        title="通讯录",
        table=build_table(
            request,
            rows.order_by(),
            _columns(part),
            name=f"directory-{part.key}",
            default_sort="place",
        ),
        filters=_Holder(form),
        toolbar=toolbar,
        tree=outline.tree_beside(request, "grids:directory", at),
        note=f"辖区：{at}" if at else "",
        empty="没有符合条件的记录，请换一个词或一类内容查询。",
    )


class _Holder:
    """What the search block asks for: something with a form."""

    def __init__(self, form: DirectoryForm):
        self.form = form


def _columns(part: Part) -> list[Column]:
    def cell(index: int):
        return lambda row: part.cells(row, masked)[index]

    place = (
        part.heads.index("网格")
        if "网格" in part.heads
        else part.heads.index("领导小组")
    )
    return [
        Column("place", head, value=cell(index), sort=part.order)
        if index == place
        else Column(f"c{index}", head, value=cell(index))
        for index, head in enumerate(part.heads)
    ]


def _asked(request) -> tuple[Any, DirectoryForm]:
    return outline.place_asked(request), DirectoryForm(request.GET)


def _path(user, place) -> str:
    return place.path if place else user.scope_paths(P.GRID_VIEW)[0]


@require_GET
def directory_export(request):
    """Hand out all parts of the directory as a workbook, telephone numbers masked."""
    require_holds(request.user, P.GRID_VIEW)
    at, form = _asked(request)
    lists = [(part, part.found(request.user, at, form.words)) for part in PARTS]
    stream = BytesIO()
    rows = write_directory(stream, lists, place=str(at or ""), shown=masked)
    note_export(by=request.user, path=_path(request.user, at), rows=rows, place=at)
    return workbook_answer(stream, f"directory-{timezone.localdate()}.xlsx")


def directory_reveal(request):
    """Show the numbers of one part in full, or hand them out, for a reason; noted."""
    require_somewhere(request.user, P.PERSONAL_REVEAL)
    at, asked = _asked(request)
    part = asked.part
    if not part.has_private:  # nothing is hidden there
        return redirect(f"{reverse('grids:directory')}?{request.GET.urlencode()}")
    form = RevealNumbersForm(request.POST or None)
    back = f"{reverse('grids:directory')}?{request.GET.urlencode()}"
    if not form.is_valid():
        return render_form(
            request,
            title=f"查看完整号码：{part.label}",
            form=form,
            crumbs=[*CRUMBS],
            cancel=back,
            submit="查看",
            note="查看完整号码会记入审计记录，请写明事由。"
            f"只给出“{part.label}”中刚才查询的内容。",
        )
    as_file = form.cleaned_data["form"] == "xlsx"
    most = None if as_file else ON_ONE_PAGE
    found = part.found(request.user, at, asked.words)
    rows = list(revealing(part, found, request.user)[:most])
    note_reveal(
        by=request.user,
        path=_path(request.user, at),
        part=part.label,
        rows=len(rows),
        place=at,
        reason=form.cleaned_data["reason"],
    )
    if as_file:
        stream = BytesIO()
        write_directory(stream, [(part, rows)], place=str(at or ""), shown=in_full)
        return workbook_answer(stream, f"directory-{timezone.localdate()}.xlsx")
    sections = [(part, [part.cells(row, in_full) for row in rows])]
    context = {
        "title": "通讯录（完整号码）",
        "crumbs": [*CRUMBS, ("完整号码", "")],
        "sections": sections,
        "place": at,
        "reason": form.cleaned_data["reason"],
        "back": back,
        "most": ON_ONE_PAGE,
    }
    return render(request, "grids/offices/directory.html", context)
