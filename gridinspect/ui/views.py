from urllib.parse import urlsplit

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from gridinspect.ui import services
from gridinspect.ui.forms import ColumnsForm
from gridinspect.ui.models import SavedFilter
from gridinspect.ui.specimens import specimens


def style(request):
    """Show every building block, for those who build pages."""
    return render(request, "ui/style.html", specimens(request))


@require_POST
def columns(request):
    """Keep the chosen columns of a list and its present order, or forget them."""
    form = ColumnsForm(request.POST)
    if not form.is_valid():
        raise BadRequest("columns")
    name = form.cleaned_data["name"]
    if "reset" in request.POST:
        services.forget_columns(name=name, by=request.user)
    else:
        services.choose_columns(
            name=name,
            columns=form.cleaned_data["columns"],
            page_size=form.cleaned_data["page_size"],
            sort=_order_of(_where_from(request)),
            by=request.user,
        )
    return redirect(_where_from(request))


def _order_of(address):
    """Return the order of the list at an address; the list checks what it is."""
    return QueryDict(urlsplit(address).query).get("sort", "")[:60]


@require_POST
def save_filter(request):
    """Keep the search of a list under a name, for oneself or for one's place."""
    title = request.POST.get("title", "").strip()[:40]
    name = request.POST.get("name", "")[:60]
    asked = QueryDict(request.POST.get("query", "")[:2000]).copy()
    for dropped in ("page", "row", "all"):
        asked.pop(dropped, None)
    if not title or not name:
        messages.error(request, "请填写常用查询的名称。")
        return redirect(_where_from(request))
    places = request.user.scope_paths()
    shared = places[0] if request.POST.get("shared") and places else ""
    services.save_filter(
        list_name=name,
        title=title,
        query=asked.urlencode(),
        shared_path=shared,
        by=request.user,
    )
    messages.success(request, f"已保存常用查询“{title}”。")
    return redirect(_where_from(request))


@require_POST
def forget_filter(request, pk):
    """Forget a search of one's own."""
    saved = get_object_or_404(SavedFilter, pk=pk, owner=request.user)
    services.forget_filter(saved=saved)
    messages.success(request, f"已删除常用查询“{saved}”。")
    return redirect(_where_from(request))


@require_POST
def text_size(request):
    """Switch between normal and large text."""
    services.set_large_text(large=not request.user.large_text, by=request.user)
    return redirect(_where_from(request))


def _where_from(request):
    """Return the page to go back to, which is never another site's."""
    asked = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(asked, allowed_hosts={request.get_host()}):
        return asked
    return "home"
