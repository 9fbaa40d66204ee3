from django.core.exceptions import BadRequest
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from gridinspect.ui import services
from gridinspect.ui.forms import ColumnsForm
from gridinspect.ui.specimens import specimens


def style(request):
    """Show every building block, for those who build pages."""
    return render(request, "ui/style.html", specimens(request))


@require_POST
def columns(request):
    """Keep the chosen columns of a list, or forget them."""
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
            by=request.user,
        )
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
