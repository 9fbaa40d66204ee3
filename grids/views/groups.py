"""领导小组: the leading groups of districts and streets, and who sits in them."""

from typing import Any

from django.contrib import messages
from django.db.models import Prefetch
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone

from gridinspect.accounts.roles import Permission
from gridinspect.ui.pages import (
    Action,
    Tab,
    add_action,
    render_detail,
    render_form,
    render_list,
    require_holds,
)
from gridinspect.ui.tables import Column, Table, build_table
from gridinspect.ui.templatetags.ui import badge_html
from grids import outline
from grids.access import may, require, require_somewhere
from grids.forms import carried_out
from grids.models import City, Grid, GroupMember, LeadingGroup
from grids.office_forms import (
    ClosingForm,
    EndForm,
    GroupFacts,
    GroupForm,
    MemberForm,
)
from grids.services import groups as services
from grids.views.office_acts import (
    at_first,
    cities_to_edit,
    places_to_edit,
    posts_to_choose,
)
from grids.views.offices import BY_PLACE, above, link

P = Permission
CRUMBS = [("领导小组", "/groups/")]


def group_list(request):
    """Show the leading groups of the chosen place, or of all the user's places."""
    require_holds(request.user, P.GRID_VIEW)
    at = outline.place_asked(request)
    groups = LeadingGroup.objects.visible_to(request.user)
    if at:
        groups = groups.within(at)
    toolbar = []
    if request.user.holds(P.OFFICE_EDIT):
        new = "grids:group-create"
        toolbar.append(add_action(outline.list_at(new, at) if at else reverse(new)))
    return render_list(
        request,
        title="领导小组",
        table=_table(request, groups),
        toolbar=toolbar,
        tree=outline.tree_beside(request, "grids:groups", at),
        note=f"辖区：{at}" if at else "",
        empty="还没有登记领导小组。",
    )


def _table(request, groups) -> Table:
    sitting = GroupMember.objects.on(timezone.localdate()).order_by("part", "pk")
    rows = groups.select_related("grid", "city").prefetch_related(
        Prefetch("members", sitting, to_attr="sitting")
    )

    def who(part: int):
        return lambda group: "、".join(
            member.name for member in group.sitting if member.part == part
        )

    columns = [
        Column("name", "名称", sort="name", link=True),
        Column("grid", "网格", value="place.name", sort=BY_PLACE),
        Column("head", "组长", value=who(GroupMember.Part.HEAD)),
        Column("deputies", "副组长", value=who(GroupMember.Part.DEPUTY)),
        Column(
            "members", "成员数", value=lambda group: len(group.sitting), numeric=True
        ),
        Column("office_at", "办公室设在"),
        Column("office_head", "办公室主任", value=who(GroupMember.Part.OFFICE_HEAD)),
        Column("document_number", "成立文号"),
        Column("opened_on", "成立日期", sort="opened_on"),
        Column("closed_on", "撤销日期", sort="closed_on"),
    ]
    return build_table(request, rows, columns, name="groups", default_sort="grid")


def _visible(request, pk) -> LeadingGroup:
    groups = LeadingGroup.objects.visible_to(request.user)
    return get_object_or_404(groups.select_related("grid", "city"), pk=pk)


def group_detail(request, pk):
    """Show one leading group with its members."""
    group = _visible(request, pk)
    return render_detail(
        request,
        title=group.name,
        subtitle=above(group.place),
        badges=[badge_html("已撤销", "plain")] if group.closed_on else [],
        facts=[
            ("网格", link(group.place)),
            ("成立文号", group.document_number),
            ("办公室设在", group.office_at),
            ("成立日期", group.opened_on),
            ("撤销日期", group.closed_on),
        ],
        tabs=[
            Tab(
                "members",
                "成员",
                lambda: _members(request, group),
                empty="还没有成员，请点“增加成员”。",
            )
        ],
        actions=_actions(request.user, group),
        crumbs=CRUMBS,
        obj=group,
    )


def _is_editable(user, group: LeadingGroup) -> bool:
    return group.closed_on is None and may(user, P.OFFICE_EDIT, at=group.place)


def _members(request, group: LeadingGroup) -> Table:
    editable = _is_editable(request.user, group)

    def end(member: GroupMember) -> list[Action]:
        if member.until or not editable:
            return []
        return [Action("离任", reverse("grids:member-end", args=[member.pk]))]

    columns = [
        Column("part", "组内职务", value="get_part_display", sort="part"),
        Column("name", "姓名", sort="name"),
        Column("post", "单位和职务"),
        Column("since", "任职日期", sort="since"),
        Column("until", "离任日期", sort="until"),
    ]
    return build_table(
        request,
        group.members.all(),
        columns,
        name="group-members",
        default_sort="part",
        row_actions=end,
    )


def _actions(user, group: LeadingGroup) -> list[Action]:
    if not _is_editable(user, group):
        return []

    def act(label: str, name: str, icon: str) -> Action:
        return Action(label, reverse(f"grids:group-{name}", args=[group.pk]), icon)

    return [
        act("增加成员", "member", "person-plus"),
        act("修改", "change", "pencil"),
        act("撤销", "close", "x-circle"),
    ]


# --- acts -----------------------------------------------------------------------------


def group_create(request):
    """Set up the leading group of a grid or of a city."""
    require_somewhere(request.user, P.OFFICE_EDIT)
    form = GroupForm(
        request.POST or None,
        grids=places_to_edit(request.user),
        cities=cities_to_edit(request.user),
        initial=at_first(outline.place_asked(request)),
    )

    def act(place: Grid | City, **facts: Any) -> LeadingGroup:
        require(request.user, P.OFFICE_EDIT, at=place)
        return services.open_group(place=place, by=request.user, **facts)

    if group := carried_out(form, act):
        messages.success(request, f"已登记“{group}”，请继续增加成员。")
        return redirect(group)
    return render_form(request, title="新增领导小组", form=form, crumbs=CRUMBS)


def _to_change(request, pk) -> LeadingGroup:
    group = _visible(request, pk)
    require(request.user, P.OFFICE_EDIT, at=group.place)
    return group


def _crumbs(group: LeadingGroup) -> list[tuple[str, str]]:
    return [*CRUMBS, (group.name, group.get_absolute_url())]


def group_change(request, pk):
    """Give a group another name, document or office."""
    group = _to_change(request, pk)
    initial = {name: getattr(group, name) for name in GroupFacts.base_fields}
    form = GroupFacts(request.POST or None, initial=initial)

    def act(**facts: Any) -> LeadingGroup:
        return services.change_group(group=group, by=request.user, **facts)

    if changed := carried_out(form, act):
        messages.success(request, f"“{changed}”已修改。")
        return redirect(changed)
    return render_form(
        request, title=f"修改：{group}", form=form, crumbs=_crumbs(group)
    )


def group_close(request, pk):
    """Dissolve a group from a day on."""
    group = _to_change(request, pk)
    form = ClosingForm(request.POST or None)

    def act(closed_on):
        return services.close_group(group=group, closed_on=closed_on, by=request.user)

    if carried_out(form, act):
        messages.success(request, f"“{group}”已撤销。")
        return redirect(group)
    return render_form(
        request,
        title=f"撤销：{group}",
        form=form,
        crumbs=_crumbs(group),
        submit="撤销领导小组",
        note="在任成员同日离任；登记的内容保留。",
    )


def group_member(request, pk):
    """Let somebody sit in a group from a day on."""
    group = _to_change(request, pk)
    form = MemberForm(
        request.POST or None, posts=posts_to_choose(request.user, group.place)
    )

    def act(**facts: Any) -> GroupMember:
        return services.add_member(group=group, by=request.user, **facts)

    if member := carried_out(form, act):
        messages.success(request, f"已增加成员{member.name}。")
        return redirect(group)
    return render_form(
        request,
        title=f"增加成员：{group}",
        form=form,
        sections=[("成员", ["person", "name", "post", "part", "since"])],
        crumbs=_crumbs(group),
    )


def member_end(request, pk):
    """Let a member leave."""
    members = GroupMember.objects.visible_to(request.user)
    member = get_object_or_404(
        members.select_related("group__grid", "group__city"), pk=pk
    )
    group = member.group
    require(request.user, P.OFFICE_EDIT, at=group.place)
    form = EndForm(request.POST or None, label="离任日期")

    def act(until):
        return services.end_member(member=member, until=until, by=request.user)

    if carried_out(form, act):
        messages.success(request, f"{member.name}已离任。")
        return redirect(group)
    return render_form(
        request,
        title=f"离任：{member}",
        form=form,
        crumbs=_crumbs(group),
        submit="登记离任",
    )
