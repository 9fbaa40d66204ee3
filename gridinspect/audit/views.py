import django_filters
from django import forms

from gridinspect.audit.models import Event
from gridinspect.audit.services import events_visible_to
from gridinspect.audit.verbs import act_name, acts, details
from gridinspect.ui.pages import render_list, require_holds
from gridinspect.ui.tables import Column, build_table


class EventFilter(django_filters.FilterSet):
    """The search block: by person, object, act and date."""

    actor = django_filters.CharFilter("actor_name", "icontains", label="人员")
    target = django_filters.CharFilter("target_name", "icontains", label="对象")
    verb = django_filters.ChoiceFilter(
        label="动作", choices=lambda: acts().items(), empty_label="全部"
    )
    since = django_filters.DateFilter(
        "at", "date__gte", label="自", widget=forms.DateInput({"type": "date"})
    )
    until = django_filters.DateFilter(
        "at", "date__lte", label="至", widget=forms.DateInput({"type": "date"})
    )

    class Meta:
        model = Event
        fields = ["actor", "target", "verb", "since", "until"]


COLUMNS = [
    Column("at", "时间", sort="at"),
    Column("actor", "人员", value="actor_name", sort="actor_name"),
    Column("verb", "动作", value=lambda event: act_name(event.verb), sort="verb"),
    Column("target", "对象", value="target_name"),
    Column("type", "类别", value="target_type", hidden=True),
    Column("data", "内容", value=lambda event: details(event.data)),
    Column("rows", "行数", value=lambda event: len(event.rows) or "", numeric=True),
]


def event_list(request):
    """Show 审计记录 to those who may read it, within their places."""
    require_holds(request.user, Event.objects.none().view_permission)
    filters = EventFilter(request.GET, queryset=events_visible_to(request.user))
    table = build_table(request, filters.qs, COLUMNS, name="events", default_sort="-at")
    return render_list(
        request,
        title="审计记录",
        table=table,
        filters=filters,
        empty="没有符合条件的记录，请放宽查询条件。",
    )
