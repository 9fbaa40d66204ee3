"""Printing the whole file of a unit: choosing its parts, making it."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render

from enterprises.file_sections import file_sections
from enterprises.services.file_prints import print_file
from enterprises.views.units import CRUMBS, visible_unit
from gridinspect.accounts.requests import Request


def file_print(request: Request, pk: int) -> HttpResponse:
    """Offer the parts of the file, all of them chosen; archive the print."""
    unit = visible_unit(request, pk)
    sections = file_sections.for_user(request.user, unit)
    if request.method == "POST":
        keys = request.POST.getlist("part")
        try:
            document = print_file(enterprise=unit, keys=keys, by=request.user)
        except ValidationError as error:
            messages.warning(request, error.messages[0])
        else:
            messages.success(request, "档案已生成，并存入文件档案。")
            return redirect(document)
    context = {
        "title": "打印一户一档",
        "unit": unit,
        "sections": sections,
        "crumbs": [
            *CRUMBS,
            (unit.name, unit.get_absolute_url()),
            ("打印一户一档", ""),
        ],
    }
    return render(request, "enterprises/file_print.html", context)
