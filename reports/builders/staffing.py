"""人员配备情况报告: posts required, filled and missing, grid by grid."""

from collections.abc import Sequence

from assistants.establishment import Establishment, EstablishmentRow
from gridinspect.documents.charts import ChartSpec, bar
from grids.policy import PERSON_KINDS
from reports.builders.paper import Col, Report, Sheet
from reports.rules import ratio

TITLE = "人员配备情况报告"


def staffing_report(
    establishment: Establishment,
    *,
    place: str,
    policies: Sequence[str],
    groups: Sequence[tuple[str, Sequence[EstablishmentRow]]],
) -> Report:
    """Return the report; `groups` are the rows of each place directly below.

    Whose grids these are was decided by the caller.
    """
    kinds = list(establishment.totals)
    return Report(
        kind="staffing",
        title=TITLE,
        place=place,
        on=establishment.on,
        unit="人",
        policies=policies,
        summary=[_summary(establishment), *_by_kind(establishment)],
        charts=_charts(groups, kinds),
        tables=[_totals(establishment), _grids(establishment.rows, kinds)],
        notes=[
            "已配按人在岗计，不封顶；配备率的分子每个网格以应配数封顶，"
            "一处超配不能抵另一处缺员。"
        ],
    )


def _summary(establishment: Establishment) -> str:
    levels = "、".join(
        f"{'零一二三四'[level]}级 {count} 个"
        for level, count in establishment.by_level.items()
    )
    short = len(establishment.short)
    return (
        f"共有网格 {len(establishment.rows)} 个（{levels or '方案没有规定'}），"
        f"其中缺员网格 {short} 个。"
    )


def _by_kind(establishment: Establishment) -> list[str]:
    lines = []
    for kind, total in establishment.totals.items():
        if total.required is None:
            lines.append(
                f"{PERSON_KINDS[kind]}：已配 {total.filled} 人；"
                f"{total.without_index} 个网格没有配置指数，不能计算应配数和配备率。"
            )
            continue
        rate = ratio(total.filled_capped, total.required)
        shown = f"{float(rate):.1%}" if rate is not None else "—（应配为零）"
        lines.append(
            f"{PERSON_KINDS[kind]}：应配 {total.required} 人，已配 {total.filled} 人，"
            f"缺 {total.missing} 人，配备率 {shown}。"
        )
    return lines


def _charts(
    groups: Sequence[tuple[str, Sequence[EstablishmentRow]]], kinds: Sequence[str]
) -> list[ChartSpec]:
    filled = [_sum(rows, "filled_capped") for _, rows in groups]
    missing = [_sum(rows, "missing") for _, rows in groups]
    if len(groups) < 2 or not kinds:
        return []
    return [
        bar(
            "各下级网格人员配备",
            "人",
            [name for name, _ in groups],
            [("已配（封顶）", filled), ("缺员", missing)],
            kind="stacked",
            label_header="网格",
        )
    ]


def _sum(rows: Sequence[EstablishmentRow], what: str) -> int:
    return sum(getattr(post, what) or 0 for row in rows for post in row.posts.values())


def _totals(establishment: Establishment) -> Sheet:
    rows = []
    for kind, total in establishment.totals.items():
        rate = ratio(total.filled_capped, total.required)
        rows.append(
            [
                PERSON_KINDS[kind],
                total.required,
                total.filled,
                total.filled_capped,
                total.missing,
                None if rate is None else float(rate),
            ]
        )
    return Sheet(
        name="汇总",
        heading="一、按人员类别汇总",
        columns=[
            Col("人员类别", 70),
            Col("应配", 30, "integer"),
            Col("已配", 30, "integer"),
            Col("已配（封顶）", 35, "integer"),
            Col("缺员", 30, "integer"),
            Col("配备率", 35, "percent"),
        ],
        rows=rows,
    )


def _grids(rows: Sequence[EstablishmentRow], kinds: Sequence[str]) -> Sheet:
    columns = [Col("序号", 12, "integer"), Col("网格", 48), Col("编码", 32)]
    columns.append(Col("级别", 40))
    room = (250 - 132) / max(1, 3 * len(kinds))
    for kind in kinds:
        word = PERSON_KINDS[kind]
        columns += [
            Col(f"{word}应配", room, "integer"),
            Col(f"{word}已配", room, "integer"),
            Col(f"{word}缺", room, "integer"),
        ]
    lines = []
    for number, row in enumerate(rows, 1):
        line: list[object] = [number, row.grid.name, row.grid.code, row.label]
        for kind in kinds:
            post = row.posts.get(kind)
            line += [post.required, post.filled, post.missing] if post else ["", "", ""]
        lines.append(line)
    return Sheet("网格明细", "二、各网格明细", columns, lines)
