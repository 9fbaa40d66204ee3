"""无缝无重检查表: the proof of one grid as a paper to sign."""

from collections.abc import Mapping
from datetime import date

from gridinspect.documents import pdf
from grids.boundaries import PROJECTION
from grids.models import Grid
from grids.tiling import HAIR, LABELS, NEGLIGIBLE, SLIVER, Fault, Kind, Tiling

TITLE = "网格划分无缝无重检查表"
LIMITS = (
    f"平均宽度不足 {SLIVER:g} 米的记为碎缝，"
    f"小于 {NEGLIGIBLE:g} 平方米或窄于 {HAIR * 100:g} 厘米的不计"
)
LISTED = 500  # lines of faults on a paper; the summary counts all


def tiling_paper(
    grid: Grid,
    tiling: Tiling,
    names: Mapping[int, str],
    *,
    on: date,
    without: list[str],
    code: str,
) -> bytes:
    """Return the check of a grid and its children on a day as PDF."""
    story = [
        *pdf.title(TITLE, f"{grid.name}（{grid.code}）"),
        pdf.above_table(f"被检查网格：{grid.name}", f"数据截止：{on}"),
        pdf.table(
            ["检查项目", "处数", "面积（平方米）", "结论"],
            summary(tiling),
            widths=[62, 26, 42, 40],
            numeric=[1, 2],
            centred=[3],
        ),
        pdf.paragraph(_words(tiling, names, without)),
        *pdf.section("问题明细"),
    ]
    if tiling.faults:
        rows = [
            [number, *fault_cells(fault, names)]
            for number, fault in enumerate(tiling.faults[:LISTED], 1)
        ]
        story.append(
            pdf.table(
                ["序号", "问题", "涉及", "面积（平方米）", "位置（经度, 纬度）"],
                rows,
                widths=[12, 34, 58, 26, 40],
                numeric=[3],
                centred=[0],
            )
        )
        if len(tiling.faults) > LISTED:
            more = f"另有 {len(tiling.faults) - LISTED:,} 处未列出，见系统页面。"
            story.append(pdf.paragraph(more, pdf.NOTE))
    else:
        story.append(pdf.paragraph("没有发现空白、重叠、越界和不在本网格内的单位。"))
    story += [
        pdf.paragraph(
            f"面积按 {PROJECTION} 计算；{LIMITS}。坐标为 WGS-84。",
            pdf.NOTE,
        ),
        pdf.signature_foot(day=None),
    ]
    return pdf.build(story, title=f"{TITLE} {grid.name}", foot=grid.name, code=code)


def summary(tiling: Tiling) -> list[list[object]]:
    """Return a line for each kind of fault: how many, how large, what follows."""
    lines: list[list[object]] = []
    for kind in Kind:
        found = tiling.of(kind)
        area = "" if kind == Kind.UNIT else f"{tiling.area_of(kind):,.1f}"
        lines.append([LABELS[kind], len(found), area, "不合格" if found else "合格"])
    return lines


def fault_cells(fault: Fault, names: Mapping[int, str]) -> list[str]:
    """Return kind, what it is about, area and place of a fault."""
    about = "、".join(names.get(key, str(key)) for key in fault.parts or fault.beside)
    if fault.beside:
        about = f"邻接{about}"
    if fault.unit:
        own, *where = [names.get(key, str(key)) for key in fault.parts]
        lies = f"在{where[0]}" if where else "不在任何网格"
        about = f"{fault.unit.name}（属{own}，{lies}）"
    area = "" if fault.unit else f"{fault.square_metres:,.1f}"
    x, y = fault.place
    return [fault.label, about, area, f"{x:.6f}, {y:.6f}"]


def _words(tiling: Tiling, names: Mapping[int, str], without: list[str]) -> str:
    checked = (
        f"本级面积 {tiling.whole:,.0f} 平方米，{len(names) - 1} 个下级网格面积合计 "
        f"{tiling.parts:,.0f} 平方米；核对有坐标的用人单位 {tiling.spots:,} 户。"
    )
    if without:
        checked += f"没有边界、未参加检查的下级网格：{'、'.join(without)}。"
    return checked
