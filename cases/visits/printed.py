"""Visits as a part of a unit's printed file: what was seen, found, told and heard."""

from collections.abc import Sequence

from django.utils import timezone

from cases.visits import words
from cases.visits.models import Feedback, Hazard, Publicity, Visit, VisitPhoto
from enterprises.file_sections import FilePhotos, FileTable, Part
from enterprises.models import Enterprise
from gridinspect.accounts.models import User

MOST = 200  # lines of each table, the newest
PHOTOS = 8  # the newest


def printed(user: User, unit: Enterprise) -> Sequence[Part]:
    """Print a unit's visits and what came of them."""
    tables = [_visits(unit), _hazards(unit), _publicity(unit), _feedback(unit)]
    parts: list[Part] = [table for table in tables if table.rows]
    photos = _photos(unit)
    return [*parts, photos] if photos.shots else parts


def _visits(unit: Enterprise) -> FileTable:
    visits = Visit.objects.filter(enterprise=unit).for_list().order_by("-visited_at")
    rows = [
        (
            f"{timezone.localtime(one.visited_at):%Y-%m-%d %H:%M}",
            one.get_purpose_display(),
            one.get_result_display(),
            one.names,
            one.confirmed_by,
            one.note,
        )
        for one in visits[:MOST]
    ]
    heads = ("走访时间", "目的", "结果", "走访人", "单位确认人", "情况说明")
    return FileTable(heads, rows, title="走访记录")


def _hazards(unit: Enterprise) -> FileTable:
    hazards = Hazard.objects.filter(enterprise=unit).order_by("-found_on")
    rows = [
        (
            one.found_on.isoformat(),
            words.topic(one),
            one.get_level_display(),
            one.words,
            one.advice,
            one.get_outcome_display() if one.cleared_on else "未消除",
        )
        for one in hazards[:MOST]
    ]
    heads = ("发现日期", "事项", "程度", "隐患情况", "现场建议", "结论")
    return FileTable(heads, rows, title="隐患")


def _publicity(unit: Enterprise) -> FileTable:
    told = Publicity.objects.filter(enterprise=unit).order_by("-held_on")
    rows = [
        (one.held_on.isoformat(), one.place, one.audience, one.material)
        for one in told[:MOST]
    ]
    heads = ("日期", "地点", "受众人数", "宣传内容、材料")
    return FileTable(heads, rows, widths=(3, 5, 2, 8), numeric=(2,), title="普法宣传")


def _feedback(unit: Enterprise) -> FileTable:
    """Print that workers said something and were answered, not what they said."""
    said = Feedback.objects.filter(enterprise=unit).order_by("-received_on")
    rows = [
        (
            one.received_on.isoformat(),
            one.get_kind_display(),
            one.get_route_display(),
            one.replied_on.isoformat() if one.replied_on else "未答复",
        )
        for one in said[:MOST]
    ]
    heads = ("收到日期", "类别", "转交", "答复日期")
    return FileTable(heads, rows, title="工人反馈")


def _photos(unit: Enterprise) -> FilePhotos:
    photos = VisitPhoto.objects.filter(visit__enterprise=unit)
    newest = photos.select_related("visit", "attachment").order_by(
        "-visit__visited_at", "pk"
    )
    return FilePhotos(
        [
            (
                f"走访 {timezone.localtime(one.visit.visited_at):%Y-%m-%d %H:%M}",
                one.attachment,
            )
            for one in newest[:PHOTOS]
        ],
        title=f"走访照片（最近 {PHOTOS} 张以内）",
    )
