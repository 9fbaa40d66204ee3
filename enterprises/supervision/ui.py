"""What supervision adds to the pages of others: menu, tabs, timeline, workbench."""

from datetime import date

from django.db.models import Q
from django.urls import reverse

from enterprises.changes import hears_of_facts
from enterprises.file_history import rows_tell_of
from enterprises.file_sections import FileTable, Part, file_sections
from enterprises.models import Enterprise
from enterprises.supervision.judges import judges_units
from enterprises.supervision.models import (
    GradeObjection,
    GradeRound,
    KeyEntry,
    MovedFacts,
    Publication,
    Rating,
)
from enterprises.supervision.services.keys import note_moved, refresh_key_units
from enterprises.supervision.views.units import (
    on_timeline,
    standing,
    supervision_tab,
)
from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Permission
from gridinspect.audit.verbs import name_acts
from gridinspect.imports.traces import derives
from gridinspect.scope import within_paths
from gridinspect.ui.registry import Todo, badges, menu, tabs, timeline, workbench

P = Permission
SECTION = "用人单位"
UNIT = "enterprises.enterprise"

menu.add(SECTION, "信用等级", "supervision:grades", P.ENTERPRISE_VIEW, "award", 70)
menu.add(SECTION, "重点单位", "supervision:key-units", P.ENTERPRISE_VIEW, "flag", 72)
menu.add(
    SECTION,
    "违法公布",
    "supervision:publications",
    P.ENTERPRISE_VIEW,
    "megaphone",
    74,
)

hears_of_facts(note_moved)
tabs.add(UNIT, "supervision", "等级与重点", supervision_tab, P.ENTERPRISE_VIEW)
badges.add(UNIT, standing)
timeline.add(UNIT, on_timeline)
rows_tell_of("grade.corrected")
judges_units(refresh_key_units)
derives(MovedFacts)
derives(KeyEntry, Q(proposed_by=None, removal_by=None))

name_acts(
    {
        "fact.noted": "登记不良记录",
        "fact.withdrawn": "撤销不良记录",
        "grade.adjusted": "调整守法诚信等级",
        "grade.corrected": "更正守法诚信等级",
        "grade.notice_issued": "出具等级告知书",
        "grade.notified": "登记等级告知",
        "grade.objected": "登记等级异议",
        "grade.objection_decided": "答复等级异议",
        "grades.approved": "批准等级评定",
        "grades.computed": "计算建议等级",
        "grades.exported": "导出信用等级",
        "grades.notified": "批量登记等级告知",
        "grades.published": "公布等级",
        "grades.recomputed": "重新计算建议等级",
        "grades.started": "发起等级评定",
        "key_unit.entered": "批准列入重点监管",
        "key_unit.kept": "未批准移出重点监管",
        "key_unit.proposed": "申请列入重点监管",
        "key_unit.rejected": "未批准列入重点监管",
        "key_unit.removal_proposed": "申请移出重点监管",
        "key_unit.removed": "批准移出重点监管",
        "key_units.exported": "导出重点单位",
        "key_units.refreshed": "更新重点监管",
        "publication.approved": "批准公布",
        "publication.begun": "提出公布",
        "publication.changed": "修改公布内容",
        "publication.checked": "核实公布异议",
        "publication.dropped": "不予公布",
        "publication.notified": "登记公布告知",
        "publication.objected": "登记公布异议",
        "publication.proposed": "公布报批",
        "publication.published": "公布",
        "publication.removed": "移出名单",
        "publication.sent_back": "退回公布报批",
        "publications.exported": "导出公布内容",
        "publications.found": "查找公布候选",
    }
)


def _todos(user: User, today: date) -> list[Todo]:
    """Say what of supervision waits for this person."""
    lines: list[Todo] = []
    if user.holds(P.SUPERVISION_APPROVE):
        lines += _to_approve(user)
    if user.holds(P.SUPERVISION_EDIT):
        lines += _to_prepare(user, today)
    return lines


def _paths(user: User, permission: Permission, field: str) -> Q:
    return within_paths(user.scope_paths(permission), field)


def _to_approve(user: User) -> list[Todo]:
    at = "enterprise__grid__path"
    approve = P.SUPERVISION_APPROVE
    rounds = GradeRound.objects.filter(
        _paths(user, approve, "district__path"), state=GradeRound.State.REVIEW
    ).exclude(started_by=user)
    entries = KeyEntry.objects.filter(_paths(user, approve, at)).waiting()
    papers = Publication.objects.filter(
        _paths(user, approve, at), state=Publication.State.PROPOSED
    ).exclude(proposed_by=user)
    objections = GradeObjection.objects.filter(
        _paths(user, approve, "rating__enterprise__grid__path"), decided_on=None
    )
    key_page = reverse("supervision:key-entries")
    public_page = reverse("supervision:publications")
    return [
        Todo("等级评定待批准", rounds.count(), reverse("supervision:rounds")),
        Todo(
            "等级异议待答复",
            objections.count(),
            f"{reverse('supervision:grades')}?state=objected&year=",
            urgent=True,
        ),
        Todo("重点监管申请待审批", entries.count(), f"{key_page}?state=waiting"),
        Todo("违法公布待审批", papers.count(), f"{public_page}?state=proposed"),
    ]


def _to_prepare(user: User, today: date) -> list[Todo]:
    mine = Publication.objects.filter(
        _paths(user, P.SUPERVISION_EDIT, "enterprise__grid__path")
    )
    state = Publication.State
    page = reverse("supervision:publications")
    over = mine.filter(state=state.PUBLISHED, ends_on__lte=today)
    lines = [
        Todo(
            "违法公布候选待核对",
            mine.filter(state=state.CANDIDATE).count(),
            f"{page}?state=candidate",
        ),
        Todo(
            "公布异议待核实",
            mine.filter(state=state.OBJECTED).count(),
            f"{page}?state=objected",
            urgent=True,
        ),
        Todo(
            "已批准待公布",
            mine.filter(state=state.APPROVED).count(),
            f"{page}?state=approved",
        ),
    ]
    if count := over.count():
        lines.append(
            Todo("失信名单期满待移出", count, f"{page}?state=published", urgent=True)
        )
    return lines


workbench.add(_todos)


def _printed(user: User, unit: Enterprise) -> list[Part]:
    """Return grades, key supervision and publications for the printed file.

    Grounds are not printed: the paper is read by others than those who may know them.
    """
    parts: list[Part] = []
    ratings = Rating.objects.filter(enterprise=unit, approved_on__isnull=False)
    if rows := [
        [
            f"{one.year}年度",
            f"{one.grade}级",
            one.approved_on,
            f"{one.valid_from} 至 {one.valid_until}",
            "已更正" if one.replaced_on else "",
        ]
        for one in ratings.order_by("-year", "-pk")
    ]:
        heads = ["评价年度", "等级", "批准日期", "有效期", "备注"]
        parts.append(FileTable(heads, rows, title="守法诚信等级"))
    entries = KeyEntry.objects.filter(enterprise=unit, state=KeyEntry.State.ACTIVE)
    spans = sorted({(one.since, one.until) for one in entries}, key=str, reverse=True)
    if spans:
        rows = [[since, until or "至今"] for since, until in spans]
        parts.append(FileTable(["列入日期", "移出日期"], rows, title="重点监管"))
    published = Publication.objects.filter(
        enterprise=unit, published_on__isnull=False
    ).order_by("-published_on", "-pk")
    if published:
        rows = [
            [one.get_list_display(), one.category, one.published_on, one.removed_on]
            for one in published
        ]
        heads = ["名单", "情形", "公布日期", "移出日期"]
        parts.append(FileTable(heads, rows, (3, 4, 1.5, 1.5), title="违法公布"))
    return parts


file_sections.add("supervision", "评价和重点监管", _printed, order=800)
