"""Two versions or two plans side by side."""

from django import forms
from django.shortcuts import render
from django.urls import reverse

from gridinspect.accounts.roles import Permission
from grids.access import require_somewhere
from grids.comparing import Mark, compare
from grids.models import Policy
from grids.services.policies import values_of

TONES = {Mark.SAME: "plain", Mark.CHANGED: "warning"}


class CompareForm(forms.Form):
    """Which two versions, and whether what both say alike is shown too."""

    left = forms.ModelChoiceField(Policy.objects.defer("document"), label="左侧")
    right = forms.ModelChoiceField(Policy.objects.defer("document"), label="右侧")
    everything = forms.BooleanField(label="也显示相同的内容", required=False)


def policy_compare(request):
    """Show what two versions say, with the differences marked in words."""
    require_somewhere(request.user, Permission.POLICY_VIEW)
    asked = request.GET if "left" in request.GET else None
    form = CompareForm(asked)
    context = {
        "title": "对比政策",
        "form": form,
        "crumbs": [("政策", reverse("grids:policies")), ("对比政策", "")],
    }
    if form.is_valid():
        left, right = form.cleaned_data["left"], form.cleaned_data["right"]
        groups = compare(values_of(left), values_of(right))
        whole = form.cleaned_data["everything"]
        rows = [
            (group, marked(group.pairs if whole else group.differing))
            for group in groups
        ]
        context |= {
            "left": left,
            "right": right,
            "groups": [(group, pairs) for group, pairs in rows if pairs],
            "differing": sum(len(group.differing) for group in groups),
            "total": sum(len(group.pairs) for group in groups),
        }
    return render(request, "grids/policies/compare.html", context)


def marked(pairs):
    """Return pairs with the tone in which their mark is drawn."""
    return [(pair, TONES.get(pair.mark, "notice")) for pair in pairs]
