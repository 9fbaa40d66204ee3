"""A district with one of everything in it, and what tests read out of pages."""

from dataclasses import dataclass, field
from datetime import timedelta
from html.parser import HTMLParser
from io import BytesIO
from types import SimpleNamespace
from zipfile import ZipFile

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from shapely.geometry import box, mapping

from cases.models import CaseMember, Extension, Writ
from enterprises.models import RegistryDecision, RegistryEntry, Survey
from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Permission, Role
from gridinspect.audit.services import record
from gridinspect.documents.attachments import attach
from gridinspect.documents.services import archive
from gridinspect.imports.models import ImportBatch, ImportRow
from gridinspect.jobs.models import Job
from grids.models import Boundary
from grids.services.duties import state_duties
from grids.services.groups import add_member
from grids.services.offices import add_asset, appoint_leader
from reports.models import Hanging, Poster, TargetLetter, Wall
from reports.programme.services import Asked, assess, report_findings
from tests.factories import (
    TODAY,
    make_adoption,
    make_allocation,
    make_case,
    make_certificate,
    make_doubt,
    make_enterprise,
    make_grid,
    make_group,
    make_matter,
    make_office,
    make_policy_draft,
    make_posting,
    make_road_range,
    make_staff,
    make_survey,
    make_task,
    make_training,
    make_user,
    make_work_plan,
)
from tests.pages import rooms

# --- a district -----------------------------------------------------------------------


@transaction.atomic
def make_one_of_everything(district, *, word, letters):
    """Fill a district with one object of each kind; `word` is in each of their names.

    `letters` begin the codes. Returns them under the names that the tests use.
    """
    has = SimpleNamespace(district=district, word=word)
    make_adoption(district)
    has.street = make_grid(f"{word}街道", parent=district, code=f"{letters}01")
    has.grid = make_grid(f"{word}社区", parent=has.street, code=f"{letters}02")
    has.road = make_road_range(has.grid, road=f"{word}路")
    has.bureau = make_user(grid=district, role=Role.DISTRICT_BUREAU)
    has.bureau.person.name = f"{word}管理员"
    has.bureau.person.save()
    has.policy_draft = make_policy_draft(district, title=f"{word}实施方案")
    _make_people(has)
    _make_unit(has)
    _make_cases(has)
    _make_work(has)
    _make_wall(has)
    _make_offices(has)
    _make_programme(has)
    for room in rooms():
        room.make(has)
    return has


def _make_people(has):
    has.staff = make_staff(f"{has.word}协管员", grid=has.grid)
    has.posting = has.staff.person.postings.get()
    make_training(has.staff.person)
    has.inspectors = [
        make_staff(f"{has.word}{which}监察员", grid=has.street, role=role)
        for which, role in [
            ("甲", Role.FULL_TIME_INSPECTOR),
            ("乙", Role.FULL_TIME_INSPECTOR),
        ]
    ]
    for inspector in has.inspectors:
        make_certificate(inspector.person)
    has.person_without_account = has.inspectors[0].person
    has.account = User.objects.create_user(
        f"account-{has.grid.code.lower()}", person=has.inspectors[1].person
    )
    has.account_posting = make_posting(
        has.account.person, grid=has.street, role=Role.LEADER
    )


def _make_unit(has):
    has.unit = make_enterprise(
        f"{has.word}餐饮有限公司", grid=has.grid, address=f"{has.word}路1号"
    )
    has.unit.set_contact_phone("19900005678")
    has.unit.save()
    has.survey = make_survey(
        has.unit, surveyed_on=TODAY(), answers={"name": has.unit.name}
    )
    has.doubt = make_doubt(has.unit, reason=f"地址写有“{has.word}社区”，不止一个")
    has.allocation = make_allocation(has.district, by=has.bureau)
    has.draft = make_survey(
        make_enterprise(f"{has.word}草稿商行", grid=has.grid),
        is_complete=False,
    )
    Survey.objects.filter(pk=has.draft.pk).update(
        state=Survey.State.DRAFT, recorded_by=has.bureau
    )


def _make_cases(has):
    respondent = {"respondent_name": f"{has.word}被诉单位"}
    has.complaint = make_matter(
        grid=has.grid, name=f"{has.word}投诉人", facts=f"{has.word}欠薪", **respondent
    )
    has.report = make_matter(
        grid=has.grid,
        kind="report",
        name=f"{has.word}举报人",
        facts=f"{has.word}欠薪",
        **respondent,
    )
    has.case = make_case(
        grid=has.grid,
        enterprise=has.unit,
        cause=f"{has.word}案由",
        number=f"{has.word}人社监立字〔2026〕第1号",
        filed_on=TODAY() - timedelta(days=10),
        due_on=TODAY() + timedelta(days=50),
    )
    for number, inspector in enumerate(has.inspectors):
        CaseMember.objects.create(
            case=has.case, person=inspector.person, is_lead=number == 0
        )
    has.extension = Extension.objects.create(
        case=has.case,
        reason=f"{has.word}案情复杂",
        proposed_on=TODAY(),
        proposed_by=has.bureau,
    )
    has.writ = Writ.objects.create(
        kind=Writ.Kind.CORRECTION,
        number=f"{has.word}人社监令字〔2026〕第1号",
        case=has.case,
        path=has.grid.path,
        issued_on=TODAY(),
        issued_by=has.bureau,
        correct_by=TODAY() + timedelta(days=5),
        document=_archived(has, "限期改正指令书", Permission.CASE_VIEW),
    )


def _archived(has, title, permission):
    return archive(
        f"{has.word}{title}".encode(),
        kind="staffing",
        title=f"{has.word}{title}",
        path=has.district.path,
        as_of=TODAY(),
        by=has.bureau,
        permission=permission,
    )


def _make_work(has):
    """Make what background work leaves: a paper, a job, an import waiting."""
    has.document = _archived(has, "人员配备情况报告", Permission.REPORT_VIEW)
    paper = SimpleUploadedFile(f"{has.word}.pdf", f"%PDF-1.7 {has.word}".encode())
    has.attachment = attach(upload=paper, path=has.district.path, by=has.bureau)
    work = {"owner": has.bureau, "path": has.district.path}
    has.job = Job.objects.create(kind="report.make", title=f"{has.word}任务", **work)
    has.batch = ImportBatch.objects.create(
        kind="enterprises",
        original_name=f"{has.word}名册.xlsx",
        sha256="0" * 64,
        state=ImportBatch.State.READY,
        counts={"data_rows": 1, "valid": 1, "new": 1},
        district_code=has.district.code,
        preview_digest="0",
        as_of=TODAY(),
        **work,
    )
    has.registry_decision = RegistryDecision.objects.create(
        district=has.district,
        verdict=RegistryEntry.Verdict.KEPT,
        decided_by=User.objects.system(),
    )
    has.registry_entry = RegistryEntry.objects.create(
        district=has.district,
        source=RegistryEntry.Source.MARKET,
        name=f"{has.word}名单商行",
        name_key=f"{has.word}名单商行",
        listed_on=TODAY(),
    )
    ImportRow.objects.create(
        batch=has.batch,
        sheet="1",
        row=2,
        outcome="valid",
        action="new",
        values={"name": f"{has.word}预览商行"},
    )
    record("grid.changed", by=has.bureau, target=has.grid)


def _make_programme(has):
    """Make what is kept of the programme: a report, an assessment, a letter."""
    has.finding = report_findings(
        grids=[has.district],
        asked=Asked("erqi-2013", "requirements", "body", "成立专门组织"),
        result="met",
        points=None,
        on=TODAY(),
        signer=f"{has.word}签字人",
        remark=f"{has.word}说明",
        upload=None,
        place=has.district,
        by=has.bureau,
    )[0]
    has.assessment = assess(
        grid=has.grid,
        kind="supervision",
        on=TODAY(),
        assessor=f"{has.word}检查组",
        result="to_remedy",
        findings=f"{has.word}情况",
        remedy=f"{has.word}要求",
        remedy_due=TODAY() + timedelta(days=9),
        score=None,
        upload=None,
        by=has.bureau,
    )
    has.letter = TargetLetter.objects.create(
        grid=has.grid,
        number=f"{has.word}人社监责字〔2026〕第1号",
        above=has.street.name,
        year=2026,
        phase="建成",
        issued_on=TODAY(),
        issued_by=has.bureau,
        document=_archived(has, "目标责任书", Permission.REPORT_VIEW),
    )


def _make_offices(has):
    """Make an office with all that it has, a leading group, duties, and work to do."""
    by = {"by": has.bureau}
    has.office = make_office(
        grid=has.grid, name=f"{has.word}服务站", address=f"{has.word}路2号"
    )
    has.office_leader = appoint_leader(
        office=has.office,
        person=has.staff.person,
        title=f"{has.word}站长",
        appointed_by=f"{has.word}街道",
        appointed_on=TODAY(),
        since=TODAY(),
        **by,
    )
    has.office_asset = add_asset(
        office=has.office,
        kind="vehicle",
        name=f"{has.word}执法车",
        since=TODAY(),
        **by,
    )
    has.group = make_group(grid=has.grid, name=f"{has.word}领导小组")
    has.member = add_member(
        group=has.group,
        person=None,
        name=f"{has.word}组长",
        post=f"{has.word}街道主任",
        part=1,
        since=TODAY(),
        **by,
    )
    has.duty = state_duties(
        district=has.district,
        role=Role.ASSISTANT,
        text=f"{has.word}职责",
        since=TODAY(),
        **by,
    )
    has.plan = make_work_plan(
        grid=has.grid, title=f"{has.word}计划", made_by=has.bureau
    )
    has.task = make_task(
        grid=has.grid,
        plan=has.plan,
        title=f"{has.word}待办",
        assignee=has.staff.person,
        assigned_by=has.bureau,
    )


def _make_wall(has):
    """Make the ground of the map, and a poster that hangs."""
    for number, grid in enumerate((has.district, has.street, has.grid)):
        Boundary.objects.create(
            grid=grid,
            geometry=mapping(box(113.6, 34.7, 113.7 - number / 100, 34.8)),
            square_metres=100_000_000,
            source_system=Boundary.Datum.WGS84,
            source_name=f"{has.word}边界",
            since=grid.opened_on,
            uploaded_by=has.bureau,
        )
    has.poster = Poster.objects.create(
        grid=has.grid,
        kind=Wall.MAP,
        version=1,
        as_of=TODAY(),
        parts={"title": {"name": f"{has.word}旧名", "code": "", "above": ""}},
        document=has.document,
    )
    has.hanging = Hanging.objects.create(
        poster=has.poster,
        grid=has.grid,
        kind=Wall.MAP,
        since=TODAY(),
        spot=f"{has.word}大厅",
        photo=has.attachment,
        hung_by=has.bureau,
    )


def make_closed_case(has, *, on):
    """Close a case of a district on a day, in time."""
    return make_case(
        grid=has.grid,
        enterprise=has.unit,
        filed_on=on - timedelta(days=20),
        due_on=on,
        investigation_ended_on=on,
        decision_due_on=on,
        closed_on=on,
        closed_in_time=True,
        outcome="no_penalty",
    )


# --- pages ----------------------------------------------------------------------------


@dataclass
class Page(HTMLParser):
    """What a test asks of a page: its links, its words, its handlers and styles."""

    html: str
    links: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    attributes: list[tuple[str, str, str]] = field(default_factory=list)
    inline: list[str] = field(default_factory=list)

    SILENT = ("script", "style", "code", "pre", "title")

    def __post_init__(self):
        super().__init__()
        self._inside: list[str] = []
        self.feed(self.html)

    def handle_starttag(self, tag, attrs):
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        attributes = dict(attrs)
        if tag == "a" and attributes.get("href"):
            self.links.append(attributes["href"])
        if tag in self.SILENT:
            self._inside.append(tag)

    def handle_endtag(self, tag):
        if self._inside and self._inside[-1] == tag:
            self._inside.pop()

    def handle_data(self, data):
        inside = self._inside[-1] if self._inside else ""
        if inside in ("script", "style") and data.strip():
            self.inline.append(data.strip())
        elif not inside and data.strip():
            self.words.append(data.strip())

    @property
    def local_links(self):
        """Return the addresses in this program that a reader can follow from here."""
        paths = {link.partition("#")[0] for link in self.links}
        return sorted(path for path in paths if path.startswith("/"))


def text_of(response):
    """Return all that an answer says, the cells of a workbook included."""
    content = b"".join(response) if response.streaming else response.content
    if content.startswith(b"PK"):
        with ZipFile(BytesIO(content)) as book:
            return "\n".join(
                book.read(name).decode() for name in book.namelist() if "xml" in name
            )
    return content.decode(errors="replace")
