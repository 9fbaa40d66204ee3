"""一格一册: the register of a grid as a booklet to print, and as a workbook."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from gridinspect.documents import pdf
from gridinspect.documents.fonts import Face
from reports.builders.mapdrawing import GridMap, Ground
from reports.builders.paper import Col, Report, Sheet, paper_table

TITLE = "一格一册"
MAP = "二、网格示意图"
CELL = 8  # points: a unit's line holds seven columns on an upright page
NO_MAP = "本网格和下级网格都还没有登记边界，没有示意图。"
FIRST_PRINT = "本册是第一次编印，没有上一次可以比较。"
NOTHING_CHANGED = "与上一次相比没有变化。"
NO_KEY_UNITS = "这一天本网格没有重点监管单位。"


@dataclass(frozen=True)
class StaffLine:
    """Who is on post in the grid or below it."""

    name: str
    role: str
    grid: str
    since: date
    certificate: str = ""
    trained_on: date | None = None


@dataclass(frozen=True)
class OfficeLine:
    """An office that stands on the grid or below it."""

    kind: str
    name: str
    grid: str
    address: str
    phone: str
    square_metres: float | None
    leader: str


@dataclass(frozen=True)
class UnitLine:
    """One unit of 底数, with what its last complete survey says."""

    name: str
    uscc: str
    grid: str
    address: str
    headcount: int | None
    signed: int | None  # labour contracts
    due: int | None
    surveyed_on: date | None

    @property
    def contract_rate(self) -> float | None:
        if not self.due or self.signed is None:
            return None
        return self.signed / self.due


@dataclass(frozen=True)
class KeyLine:
    """A unit under key supervision (重点监管); grounds that may not be told are not."""

    name: str
    uscc: str
    since: date
    grounds: str


@dataclass(frozen=True)
class Change:
    """What is new, gone or elsewhere since the last print."""

    what: str  # 新增单位, 减少单位, 单位移动, 人员到岗, 人员离岗
    name: str
    words: str


@dataclass(frozen=True)
class LastPrint:
    """The booklet that was archived before this one."""

    as_of: date
    made_at: datetime
    code: str


@dataclass(frozen=True)
class Register:
    """Everything that the booklet of a grid says."""

    name: str
    code: str
    above: str  # 郑州市二七区
    level: str
    on: date
    policies: Sequence[str]
    facts: Sequence[tuple[str, str]]
    staff: Sequence[StaffLine]
    offices: Sequence[OfficeLine]
    units: Sequence[UnitLine]
    cases: Sequence[tuple[str, int]]
    key_units: Sequence[KeyLine] = ()
    grounds: Sequence[Ground] = ()
    spots: Sequence[tuple[float, float]] = ()
    last: LastPrint | None = None
    changes: Sequence[Change] = ()


@dataclass(frozen=True)
class Booklet(Report):
    """The register as a report, so that archive, job and command treat it as one."""

    register: Register = field(kw_only=True)


def booklet(register: Register) -> Booklet:
    """Return the booklet of a grid; its tables are the sheets of the workbook."""
    return Booklet(
        kind="booklet",
        title=TITLE,
        place=register.name,
        on=register.on,
        unit="户、人",
        policies=register.policies,
        summary=[],
        tables=[
            _facts(register),
            _staff(register),
            _offices(register),
            _units(register),
            _key_units(register),
            _cases(register),
            _changes(register),
        ],
        register=register,
    )


# --- the sheets -----------------------------------------------------------------------


def _facts(register: Register) -> Sheet:
    return Sheet(
        "网格概况",
        "一、网格概况",
        [Col("项目", 45), Col("内容", 125)],
        [list(pair) for pair in register.facts],
    )


def _staff(register: Register) -> Sheet:
    return Sheet(
        "人员",
        "三、人员",
        [
            Col("序号", 12, "integer"),
            Col("姓名", 28),
            Col("岗位", 26),
            Col("所在网格", 38),
            Col("上岗日期", 22, "date"),
            Col("监察证号", 22),
            Col("岗前培训", 22, "date"),
        ],
        [
            [
                number,
                one.name,
                one.role,
                one.grid,
                one.since,
                one.certificate or None,
                one.trained_on,
            ]
            for number, one in enumerate(register.staff, 1)
        ],
        note="岗前培训栏为合格结业日期；“—”表示没有登记。",
    )


def _offices(register: Register) -> Sheet:
    return Sheet(
        "机构",
        "四、机构和场所",
        [
            Col("类型", 24),
            Col("名称", 38),
            Col("所在网格", 28),
            Col("地址", 36),
            Col("面积（㎡）", 17, "number"),
            Col("负责人", 27),
        ],
        [
            [
                one.kind,
                one.name,
                one.grid,
                "，".join(filter(None, (one.address, one.phone))) or None,
                one.square_metres,
                one.leader or None,
            ]
            for one in register.offices
        ],
    )


def _units(register: Register) -> Sheet:
    return Sheet(
        "用人单位",
        "五、用人单位名册",
        [
            Col("序号", 10, "integer"),
            Col("单位名称", 44),
            Col("统一社会信用代码", 35),
            Col("网格、地址", 35),
            Col("人数", 12, "integer"),
            Col("合同签订率", 15, "percent"),
            Col("采集日期", 19, "date"),
        ],
        [
            [
                number,
                one.name,
                one.uscc or None,
                "，".join(filter(None, (one.grid, one.address))),
                one.headcount,
                one.contract_rate,
                one.surveyed_on,
            ]
            for number, one in enumerate(register.units, 1)
        ],
        note="人数、合同签订率（实签÷应签）和采集日期取最近一次完整的调查登记表。",
    )


def _key_units(register: Register) -> Sheet:
    name, title, lines = "重点监管单位", "六、重点监管单位", register.key_units
    if not lines:
        return Sheet(name, title, [Col("说明", 170)], [[NO_KEY_UNITS]])
    return Sheet(
        name,
        title,
        [
            Col("单位名称", 60),
            Col("统一社会信用代码", 40),
            Col("列入日期", 24, "date"),
            Col("列入依据", 46),
        ],
        [[one.name, one.uscc or None, one.since, one.grounds] for one in lines],
        note="依据不公开的只写列入重点。",
    )


def _cases(register: Register) -> Sheet:
    return Sheet(
        "在办案件",
        "七、在办案件（只列数目）",
        [Col("项目", 120), Col("件数", 50, "integer")],
        [list(line) for line in register.cases],
        note="案件内容不列入本册，请在系统中按权限查看。",
    )


def _changes(register: Register) -> Sheet:
    rows = [[one.what, one.name, one.words] for one in register.changes]
    return Sheet(
        "变动",
        "八、上次编印以来的变动",
        [Col("变动", 26), Col("单位或人员", 64), Col("说明", 80)],
        rows or [["—", "—", NOTHING_CHANGED if register.last else FIRST_PRINT]],
        note=_last(register.last),
    )


def _last(last: LastPrint | None) -> str:
    if last is None:
        return ""
    return (
        f"上一册数据截至 {last.as_of:%Y-%m-%d}，"
        f"{last.made_at:%Y-%m-%d %H:%M} 编印，验证码 {last.code}。"
    )


# --- the booklet ----------------------------------------------------------------------


def booklet_pdf(report: Report, *, code: str) -> bytes:
    """Return the booklet on upright A4 pages: cover, contents, map and parts.

    It is laid out twice: the contents need the pages that the first time finds.
    """
    if not isinstance(report, Booklet):
        raise TypeError("Only a booklet is laid out as one.")
    pages: dict[str, int] = {}
    _build(report, pages, code)
    return _build(report, dict(pages), code)


def _build(report: Booklet, pages: dict[str, int], code: str) -> bytes:
    register = report.register
    return pdf.build(
        _story(report, pages),
        title=report.full_title,
        foot=f"{register.name}（{register.code}）{TITLE} {register.on:%Y-%m-%d}",
        code=code,
    )


def _story(report: Booklet, pages: dict[str, int]) -> pdf.Story:
    register = report.register
    first, *others = report.tables
    parts = [
        (first.heading, paper_table(first, size=CELL)),
        (MAP, _map(register)),
        *((sheet.heading, _part(sheet)) for sheet in others),
    ]
    story = [*_cover(report), *_contents([heading for heading, _ in parts], pages)]
    for heading, body in parts:
        breaks, _ = pdf.section(heading)
        story += [breaks, _Heading(heading, pages), *body]
    basis = "、".join(report.policies) or "尚未采用实施方案"
    story.append(pdf.paragraph(f"依据：{basis}。", pdf.NOTE))
    story.append(pdf.signature_foot(organisation=register.above))
    return story


def _part(sheet: Sheet) -> pdf.Story:
    if sheet.columns[0].header == "说明":
        return [pdf.paragraph(str(row[0])) for row in sheet.rows]
    if not sheet.rows:
        return [pdf.paragraph("没有登记。")]
    return paper_table(sheet, size=CELL)


def _cover(report: Booklet) -> pdf.Story:
    register = report.register
    names = "、".join(one.name for one in register.staff[:6])
    more = f"等 {len(register.staff)} 人" if len(register.staff) > 6 else ""
    lines = [
        ("网格编码", register.code),
        ("网格级别", register.level or "方案没有计入级别"),
        ("所属", register.above),
        ("在岗人员", f"{names}{more}" or "没有人员在岗"),
        ("用人单位", f"{len(register.units):,} 户"),
        ("数据截至", pdf.chinese_date(register.on)),
    ]
    return [
        pdf.spacer(55),
        pdf.paragraph(TITLE, pdf.Type(Face.SONG_BOLD, 36, 48, align=0.5)),
        pdf.spacer(8),
        pdf.paragraph(register.name, pdf.Type(Face.HEI, 24, 34, align=0.5)),
        pdf.spacer(45),
        *pdf.facts([[pdf.Fact(*line)] for line in lines], wide=130, label=34),
        pdf.spacer(18),
        pdf.paragraph(
            "编制单位（盖章）：", pdf.Type(Face.SONG, 12, 18, align=0.5, right=60)
        ),
        pdf.page_break(),
    ]


def _contents(order: Sequence[str], pages: Mapping[str, int]) -> pdf.Story:
    rows = [[heading, pages.get(heading)] for heading in order]
    return [
        pdf.paragraph("目　录", pdf.Type(Face.HEI, 18, 30, align=0.5, after=8)),
        pdf.table(["内容", "页码"], rows, widths=[140, 30], centred=[1], size=11),
        pdf.page_break(),
    ]


def _map(register: Register) -> pdf.Story:
    if not register.grounds:
        return [pdf.paragraph(NO_MAP)]
    numbered = [ground for ground in register.grounds if ground.number]
    words = f"图中黑点为有坐标的用人单位，共 {len(register.spots):,} 户。"
    if numbered:
        words += "数字对应下列网格："
        words += "、".join(f"{one.number} {one.name}" for one in numbered) + "。"
    drawing = GridMap(register.grounds, register.spots, wide=pdf.PORTRAIT, tall=165)
    return [pdf.together(drawing, pdf.paragraph(words, pdf.NOTE))]


class _Heading(pdf.Text):
    """A heading that notes on which page it stands, for the contents."""

    def __init__(self, text: str, pages: dict[str, int]) -> None:
        super().__init__(text, pdf.HEADING)
        self.pages = pages

    def draw(self) -> None:
        super().draw()
        self.pages[self.text] = self.canv.getPageNumber()
