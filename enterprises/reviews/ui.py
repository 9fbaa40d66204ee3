"""What written reviews add to the menu, the workbench and the files of units."""

from collections.abc import Iterator, Sequence
from datetime import date

from django.urls import reverse

from enterprises.file_sections import FileTable, Part, file_sections
from enterprises.models import Enterprise
from enterprises.reviews.models import Review, ReviewRound
from enterprises.reviews.services import open_review_of
from enterprises.reviews.views.reviews import reviews_of
from enterprises.wages.services.inside import own_post
from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Permission
from gridinspect.ui.registry import (
    TimelineEntry,
    Todo,
    menu,
    tabs,
    timeline,
    workbench,
)

P = Permission
menu.add(
    "用人单位", "书面审查", "reviews:list", P.REVIEW_VIEW, "file-earmark-check", 70
)
menu.add(
    "工作台",
    "书面审查报送",
    "reviews:own",
    P.OWN_UNIT,
    icon="file-earmark-check",
    order=22,
)
tabs.add("enterprises.enterprise", "reviews", "书面审查", reviews_of, P.REVIEW_VIEW)


def _on_timeline(user: User, enterprise: Enterprise) -> Iterator[TimelineEntry]:
    """Show when the unit handed in and how it was concluded. One query."""
    if not user.holds(P.REVIEW_VIEW):
        return
    rows = Review.objects.visible_to(user).filter(enterprise=enterprise)
    for row in rows.select_related("round"):
        url, name = row.get_absolute_url(), f"{row.round.year} 年度书面审查"
        late = "逾期报送" if row.is_late else ""
        steps = [
            (row.ordered_on, f"责令限期报送{name}材料", ""),
            (row.submitted_on, f"报送{name}", late),
            (row.checked_on, f"{name}：{row.get_state_display()}", ""),
        ]
        for on, text, note in steps:
            if on:
                yield TimelineEntry(on, text, url=url, note=note, kind="书面审查")


timeline.add("enterprises.enterprise", _on_timeline)


def _section(user: User, unit: Enterprise) -> Sequence[Part]:
    """Return the yearly reviews of a unit for its printed file."""
    rows = Review.objects.filter(enterprise=unit).select_related("round", "survey")
    lines = [
        [
            row.round.year,
            row.get_state_display(),
            row.submitted_on,
            row.survey.surveyed_on if row.survey else "",
            row.points,
            row.archive_number,
        ]
        for row in rows.order_by("round__year", "pk")
    ]
    if not lines:
        return []
    heads = ["年度", "结论", "报送日期", "登记表日期", "需要改正的问题", "归档号"]
    return [FileTable(heads, lines, widths=[1, 2, 2, 2, 5, 2])]


file_sections.add("reviews", "书面审查", _section, P.REVIEW_VIEW, 790)


def todos(user: User, today: date) -> list[Todo]:
    """Say what of written reviews waits for this person."""
    if not user.holds(P.REVIEW_HANDLE):
        return []
    rounds = list(
        ReviewRound.objects.visible_to(user).filter(
            state=ReviewRound.State.ANNOUNCED, opens_on__lte=today
        )
    )
    lines: list[Todo] = []
    for round in rounds:
        rows = Review.objects.visible_to(user).filter(round=round)
        page = reverse("reviews:units", args=[round.pk])
        counts = rows.by_state()
        unfiled = counts.get("pending", 0) + counts.get("draft", 0)
        late = round.closes_on < today
        name = f"{round.year} 年度书面审查"
        lines += [
            Todo(
                f"{name}待审查", counts.get("submitted", 0), f"{page}?state=submitted"
            ),
            Todo(
                f"{name}{'逾期未报送' if late else '未报送'}",
                unfiled,
                f"{page}?state=unfiled",
                urgent=late,
                note="" if late else f"截止 {round.closes_on}",
            ),
            Todo(
                f"{name}整改到期待复查",
                rows.to_recheck(on=today).count(),
                f"{page}?state=to_recheck",
                urgent=True,
            ),
        ]
    return lines


workbench.add(todos)


def _in_own_unit(user: User, today: date) -> list[Todo]:
    """Say whether the unit that a person watches from inside has to hand in."""
    post = own_post(user) if user.holds(P.OWN_UNIT) else None
    review = open_review_of(post.enterprise, on=today) if post else None
    if review is None:
        return []
    late = review.round.closes_on < today
    line = Todo(
        f"{review.round.year} 年度书面审查{review.get_state_display()}",
        1,
        reverse("reviews:own"),
        urgent=late,
        note="已过报送截止日期" if late else f"截止 {review.round.closes_on}",
    )
    return [line]


workbench.add(_in_own_unit)
