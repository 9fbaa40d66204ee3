"""One chart, four appearances."""

import json
import re
from io import BytesIO
from zipfile import ZipFile

import pytest
from python_calamine import CalamineWorkbook

from gridinspect.documents import charts, pdf, sheets
from tests.gridinspect.paper import pages_of

STREETS = ["大学路街道", "五里堡街道", "德化街街道"]


def rates(**more):
    return charts.bar(
        "信息采集率",
        "%",
        STREETS,
        [("采集率", [87.5, None, 100])],
        targets=[("目标", 90)],
        decimals=1,
        source="单位档案，2026-07-06",
        **more,
    )


def test_the_table_shows_a_missing_value_as_a_dash():
    headers, rows = charts.as_table(rates(label_header="网格"))
    assert headers == ["网格", "采集率", "目标"]
    assert rows == [
        ["大学路街道", "87.5", "90.0"],
        ["五里堡街道", "—", "90.0"],
        ["德化街街道", "100.0", "90.0"],
    ]


def test_a_series_must_have_a_value_for_each_label():
    with pytest.raises(ValueError, match="采集率: 1 values for 2 labels"):
        charts.bar("图", "%", ["甲", "乙"], [("采集率", [1])])


def test_the_page_gets_the_data_and_the_table_that_needs_no_script():
    html = rates().as_html()
    key = rates().key
    data = re.search(rf'<script id="{key}"[^>]*>(.*?)</script>', html)[1]
    assert json.loads(data)["series"][0]["values"] == [87.5, None, 100]
    assert f'data-chart="{key}"' in html
    assert '<th scope="row">五里堡街道</th>' in html
    assert "数据来源：单位档案，2026-07-06" in html


def test_the_page_needs_no_style_attribute_and_no_inline_script():
    html = rates().as_html()
    assert "style=" not in html
    assert not re.search(r"\son\w+=", html)
    assert re.findall(r"<script[^>]*>", html) == [
        f'<script id="{rates().key}" type="application/json">'
    ]


def test_a_label_cannot_break_out_of_the_page():
    html = charts.bar("</script><b>", "", ["<i>"], [("a", [1])]).as_html()
    assert "<b>" not in html
    assert "<i>" not in html


@pytest.mark.parametrize("kind", ["bar", "line", "stacked"])
def test_every_kind_is_drawn_on_paper(kind):
    content = pdf.build(charts.as_flowables(rates(kind=kind)), title="图")
    text = "".join(pages_of(content))
    for words in ("信息采集率（%）", "大学路街道", "目标 90.0", "数据来源"):
        assert words in text
    assert b"Helvetica" not in content


def test_a_line_is_not_drawn_across_a_missing_value():
    spec = charts.bar(
        "图", "户", list("abcde"), [("甲", [1, 2, None, 4, 5])], kind="line"
    )
    rows, owners = charts._unbroken(spec)
    assert rows == [[1, 2, None, None, None], [None, None, None, 4, 5]]
    assert owners == [0, 0]


def test_many_labels_run_over_several_pages():
    labels = [f"第{n}社区" for n in range(91)]
    spec = charts.bar("图", "户", labels, [("底数", list(range(91)))])
    pages = pages_of(pdf.build(charts.as_flowables(spec), title="图"))
    assert len(pages) > 1
    assert all(label in "".join(pages) for label in labels)


def test_a_chart_without_any_value_says_so():
    spec = charts.bar("图", "户", ["甲"], [("底数", [None])])
    assert "无数据" in "".join(
        pages_of(pdf.build(charts.as_flowables(spec), title="图"))
    )


def test_figures_of_zero_still_give_an_axis():
    spec = charts.bar("图", "户", ["甲"], [("底数", [0])])
    pdf.build(charts.as_flowables(spec), title="图")


def test_the_sheet_has_a_native_chart_over_the_same_figures():
    stream = BytesIO()
    with sheets.book(stream) as book:
        book.chart("图1", rates())
    rows = CalamineWorkbook.from_filelike(BytesIO(stream.getvalue()))
    assert rows.get_sheet_by_name("图1").to_python()[3:6] == [
        ["大学路街道", 87.5, 90.0],
        ["五里堡街道", "", 90.0],
        ["德化街街道", 100.0, 90.0],
    ]
    chart = ZipFile(stream).read("xl/charts/chart1.xml").decode()
    assert "图1!$B$4:$B$6" in chart
    assert '<c:dispBlanksAs val="gap"/>' in chart or "dispBlanksAs" not in chart
