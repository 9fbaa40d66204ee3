"""The parts of a unit's whole file that the file itself knows; rooms add theirs."""

from collections.abc import Sequence

from django.utils import timezone

from enterprises.file_changes import changes_of
from enterprises.file_facts import fact
from enterprises.file_sections import (
    FileFacts,
    FilePhotos,
    FileTable,
    Part,
    file_sections,
)
from enterprises.models import Enterprise, Material, Survey
from enterprises.services.materials import page_ranges
from enterprises.survey_forms import form_on, survey_form, with_unit
from gridinspect.accounts.models import User

PHOTOS = 12  # of a printed file


def basics(user: User, unit: Enterprise) -> Sequence[Part]:
    """Return 基本情况 and 联系, as on the survey's paper form, and what is beside."""
    form = form_on(timezone.localdate())
    parts: list[Part] = [
        FileFacts(
            [(one.label, fact(unit, one.name)) for one in section.facts],
            title=section.title,
        )
        for section in form.sections
        if section.facts
    ]
    more = [
        ("曾用名", unit.former_name),
        ("已核对证照", unit.uscc_override_reason),
        ("从业人数", unit.headcount),
        ("纳入底数日期", unit.known_since),
        ("数据来源", unit.get_source_display()),
        ("备注", unit.remark),
    ]
    return [*parts, FileFacts(more, title="其他")]


def belonging(user: User, unit: Enterprise) -> Sequence[Part]:
    """Return 归属与状态: every grid and status that the unit ever had."""
    placements = unit.placements.select_related("grid").order_by("since")
    periods = unit.status_periods.order_by("since")
    return [
        FileTable(
            ["网格", "自", "至", "判定方法", "依据"],
            [
                [p.grid.name, p.since, p.until, p.get_method_display(), p.reason]
                for p in placements
            ],
            widths=[3, 2, 2, 2, 5],
            title="所属网格",
        ),
        FileTable(
            ["营业状态", "自", "至", "依据"],
            [[p.get_status_display(), p.since, p.until, p.reason] for p in periods],
            widths=[3, 2, 2, 7],
            title="营业状态",
        ),
    ]


def latest_survey(user: User, unit: Enterprise) -> Sequence[Part]:
    """Return the newest survey, numbered as its paper form; blank lines left out."""
    survey = (
        Survey.objects.final()
        .filter(enterprise=unit)
        .select_related("collected_by")
        .order_by("-surveyed_on", "-pk")
        .first()
    )
    if survey is None:
        return []
    form = survey_form(survey.form_version)
    parts: list[Part] = [
        f"采集日期 {survey.surveyed_on}，采集人 {survey.collected_by or '—'}，"
        f"采集方式 {survey.get_method_display()}，表式第 {form.version} 版；"
        "未填的项目从略。"
    ]
    for section in form.sections:
        rows = [
            [question.number, question.label, with_unit(question, value)]
            for question in section.questions
            if (value := survey.answers.get(question.key)) not in (None, "")
        ]
        if rows:
            heads = ["编号", "项目", "填写内容"]
            parts.append(FileTable(heads, rows, widths=[2, 9, 9], title=section.title))
    return parts


def surveys(user: User, unit: Enterprise) -> Sequence[Part]:
    """Return the list of every survey that was handed in."""
    found = (
        Survey.objects.final()
        .filter(enterprise=unit)
        .select_related("collected_by")
        .order_by("surveyed_on", "pk")
    )
    rows = [
        [
            one.surveyed_on,
            one.get_method_display(),
            one.collected_by,
            f"第 {one.form_version} 版",
            "完整" if one.is_complete else "不完整",
            one.recorded_at,
        ]
        for one in found
    ]
    if not rows:
        return []
    heads = ["采集日期", "采集方式", "采集人", "表式", "是否完整", "录入时间"]
    return [FileTable(heads, rows)]


def changes(user: User, unit: Enterprise) -> Sequence[Part]:
    """Return what was changed in the file, oldest first."""
    rows = [
        [one.at, one.label, one.before, one.after, one.by, one.source]
        for one in reversed(changes_of(unit))
    ]
    heads = ["时间", "项目", "原值", "新值", "修改人", "来源"]
    return [FileTable(heads, rows, widths=[3, 3, 4, 4, 2, 3])] if rows else []


def materials(user: User, unit: Enterprise) -> Sequence[Part]:
    """Return 材料目录: the documents with their pages, and where the paper stands."""
    found = Material.objects.filter(enterprise=unit).order_by("number")
    rows = [
        [
            one.number,
            one.title,
            one.document_number,
            one.author,
            one.dated_on,
            one.pages,
            range_of_pages or "作废",
            one.void_reason or one.remark,
        ]
        for one, range_of_pages in page_ranges(list(found))
    ]
    heads = ["序号", "题名", "文号", "责任者", "日期", "页数", "页次", "备注"]
    place = f"纸质档案位置：{unit.paper_file_place or '未登记'}。"
    widths = [2, 7, 3, 5, 4, 2, 2, 4]
    parts: list[Part] = [place, FileTable(heads, rows, widths=widths)]
    photos = found.filter(kind=Material.Kind.PHOTO, voided_at=None)
    shots = [
        (f"{one}（{one.dated_on or '日期不详'}）", one.attachment)
        for one in photos.select_related("attachment")[:PHOTOS]
        if one.attachment and one.attachment.content_type.startswith("image/")
    ]
    return [*parts, FilePhotos(shots)] if shots else parts


file_sections.add("basics", "基本情况", basics, order=10)
file_sections.add("belonging", "归属与状态", belonging, order=20)
file_sections.add("survey", "最近一次调查登记表", latest_survey, order=30)
file_sections.add("surveys", "历次调查登记", surveys, order=40)
file_sections.add("changes", "变更记录", changes, order=900)
file_sections.add("materials", "材料目录", materials, order=910)
