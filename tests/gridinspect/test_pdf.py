"""The printed page: what stands on it, and what is inside the file."""

import shutil
import subprocess
import time
from datetime import date
from io import BytesIO

import pytest
from reportlab.lib.units import mm
from reportlab.platypus import BaseDocTemplate, Frame, LongTable, PageTemplate

from gridinspect.documents import fonts, pdf
from gridinspect.documents.fonts import Face, FontMissing, MissingGlyph
from gridinspect.documents.pdf import SIGN, Fact
from tests.gridinspect.paper import pages_of

RARE = "㐂䶮㛃𬭎喆犇淼堃翀𠅤"  # in people's names, beyond GB2312
HEADERS = ["序号", "单位名称", "人数"]
WIDTHS = [15, 120, 25]


def printed(*story, **options):
    return pdf.build(list(story), **{"title": "测试"} | options)


def text_of(*story, **options):
    return "".join(pages_of(printed(*story, **options)))


def test_the_same_story_gives_the_same_bytes():
    def report():
        table = pdf.table(HEADERS, [["1", "郑州甲有限公司", 12]], widths=WIDTHS)
        foot = pdf.signature_foot(organisation="二七区", day=date(2026, 7, 6))
        return printed(*pdf.title("报告"), table, foot, code="7K3F-9QWD-2M4X")

    assert report() == report()


def test_names_with_rare_characters_can_be_copied_out_of_the_file():
    assert RARE in text_of(pdf.paragraph(RARE))


def test_a_reader_of_another_make_finds_rare_characters(tmp_path):
    if not shutil.which("pdftotext"):
        pytest.skip("poppler is not installed")
    file = tmp_path / "name.pdf"
    file.write_bytes(printed(pdf.paragraph(RARE)))
    command = ["pdftotext", str(file), "-"]
    found = subprocess.run(command, capture_output=True, check=True)
    assert RARE in found.stdout.decode()


def test_typed_text_is_printed_and_never_read_as_markup():
    typed = '<b>甲</b> & <font size="40">乙</font> &lt;'
    table = pdf.table(["名称"], [[typed]], widths=[150])
    form = pdf.facts([[Fact("名称", typed)]])
    assert text_of(pdf.paragraph(typed), table, *form).count(typed) == 3


def test_every_font_is_embedded_and_none_is_helvetica():
    content = printed(
        *pdf.title("标题"), pdf.heading("一、情况"), pdf.paragraph("正文")
    )
    assert b"Helvetica" not in content
    assert content.count(b"/FontDescriptor ") == content.count(b"/FontFile2")


def test_the_file_tells_nothing_of_who_made_it_when_or_where(settings):
    content = printed(pdf.paragraph("正文"))
    assert b"/Author (GridInspect)" in content
    assert str(settings.BASE_DIR).encode() not in content
    assert b"D:20000101000000" in content


def test_a_character_comes_from_another_face_when_its_own_lacks_it():
    pieces = fonts.runs("一㊣𠅤", Face.KAI)
    assert "".join(text for _, text in pieces) == "一㊣𠅤"
    assert pieces[0][0].name == "GI-Kai"


def test_a_character_that_no_face_has_stops_the_paper():
    with pytest.raises(MissingGlyph, match=r"U\+2A6A5"):
        printed(pdf.paragraph("张\U0002a6a5"))


def test_marks_without_ink_do_not_stop_the_paper():
    assert "张三" in text_of(pdf.paragraph("\ufeff张\u200b三\U000e0100\x00"))


def test_a_missing_font_names_the_command_that_brings_it(settings, tmp_path):
    settings.FONT_DIR = tmp_path
    fonts._load.cache_clear()
    try:
        with pytest.raises(FontMissing, match=r"Song\.ttf.*launch\.py setup"):
            printed(pdf.paragraph("正文"))
    finally:
        fonts._load.cache_clear()


def test_song_stands_in_for_fangsong_and_the_report_says_so(settings):
    settings.FANGSONG_TTF = ""
    assert fonts.font(Face.FANGSONG) is fonts.font(Face.SONG)
    assert "以宋体代替" in dict(fonts.font_report())["FangSong"]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("一二三四五六", ["一二三四", "五六"]),
        ("一二三四，五", ["一二三", "四，五"]),
        ("一二三《五六》", ["一二三", "《五六》"]),
        ("一二三 abcd 四", ["一二三", "abcd 四"]),
        ("一二\n三", ["一二", "三"]),
        ("", [""]),
    ],
)
def test_lines_break_where_chinese_may(text, lines):
    assert fonts.wrap(text, Face.SONG, 10, 40) == lines


def test_no_line_is_wider_than_its_room():
    text = "郑州市二七区（2026年）第12345678901234567890号《通知》，" * 9
    for line in fonts.wrap(text, Face.SONG, 9, 61):
        assert fonts.width(line, Face.SONG, 9) <= 61.1


def test_the_head_repeats_and_pages_are_counted():
    rows = [[n, f"郑州第{n}有限公司", n * 3] for n in range(1, 200)]
    table = pdf.table(HEADERS, rows, widths=WIDTHS, numeric=[2])
    pages = pages_of(printed(table, foot="二七区 2026-07-06", code="AAAA-BBBB-CCCC"))
    assert len(pages) > 3
    for number, page in enumerate(pages, 1):
        assert page.startswith("序号\n单位名称\n人数")
        assert f"第 {number} 页　共 {len(pages)} 页" in page
        assert "二七区 2026-07-06" in page
        assert "验证码 AAAA-BBBB-CCCC" in page


def test_the_page_count_of_a_file_is_known():
    assert (
        pdf.page_count(
            printed(pdf.paragraph("甲"), pdf.page_break(), pdf.title("乙")[0])
        )
        == 2
    )


def test_a_group_of_heads_must_span_the_columns():
    with pytest.raises(ValueError, match="2 of 3"):
        pdf.table(HEADERS, [], widths=WIDTHS, groups=[("合并", 2)])


def test_a_table_wider_than_the_page_is_refused():
    with pytest.raises(ValueError, match="200 mm wide"):
        printed(pdf.table(["名称"], [["甲"]], widths=[200]))


def test_a_landscape_page_takes_a_wider_table():
    printed(pdf.table(["名称"], [["甲"]], widths=[pdf.LANDSCAPE]), landscape=True)


def test_a_cell_longer_than_a_page_runs_on():
    pages = pages_of(
        printed(pdf.table(["备注"], [["很长的备注。" * 900]], widths=[60]))
    )
    assert len(pages) > 1
    assert "".join(pages).replace("\n", "").count("很长的备注。") == 900


def test_a_form_keeps_what_is_signed_in_one_piece():
    form = pdf.facts(
        [[Fact("投诉事实", "拖欠工资。" * 500)], [Fact("意见", "同意", 40, SIGN)]]
    )
    last = pages_of(printed(*form))[-1]
    assert last.index("意见") < last.index("同意") < last.index("签字：")


def test_a_letter_page_takes_22_lines_of_28_characters():
    """GB/T 9704-2012: 22 lines, 28 characters each."""
    page = "　" * 0 + "国" * (28 * 22 - 2)  # the first line is indented by two
    assert len(pages_of(printed(*pdf.letter_body([page]), letter=True))) == 1
    assert len(pages_of(printed(*pdf.letter_body([page + "国"]), letter=True))) == 2


def test_a_letter_names_the_place_of_the_seal_and_the_date_without_zeros():
    head = pdf.letter_head(
        agency="二七区人力资源和社会保障局", name="通知书", number="甲〔2026〕第1号"
    )
    foot = pdf.letter_foot(
        agency="二七区人力资源和社会保障局",
        day=date(2026, 7, 6),
        attachments=["清单", "回证"],
    )
    text = text_of(*head, pdf.addressee("某公司："), *foot, letter=True)
    assert "二七区人力资源和社会保障局（盖章）2026年7月6日" in text
    assert "附件：1．清单" in text
    assert "某公司：" in text
    assert "某公司：：" not in text


def test_each_page_of_a_record_has_its_line_to_sign():
    record = pdf.paragraph("问：……\n" * 120)
    pages = pages_of(printed(record, sign="被询问人签名："))
    assert len(pages) > 1
    assert all("被询问人签名：" in page for page in pages)


def test_a_thousand_rows_cost_little_more_than_the_bare_table(capsys):
    """Prints the ratio (performance.md: at most 1.3); a busy machine proves nothing."""
    rows = [[str(n), f"郑州市二七区第{n}有限公司", str(n)] for n in range(1, 1001)]
    pdf.table(HEADERS, rows[:1], widths=WIDTHS)  # the fonts are loaded now
    begin = time.process_time()
    content = printed(pdf.table(HEADERS, rows, widths=WIDTHS, numeric=[2]))
    ours = time.process_time() - begin
    begin = time.process_time()
    _bare(rows)
    bare = time.process_time() - begin
    with capsys.disabled():
        print(f"\n1,000 rows, {pdf.page_count(content)} pages: {ours / bare:.2f}")  # noqa: T201


def _bare(rows):
    song = fonts.font(Face.SONG).name
    frame = Frame(25 * mm, 20 * mm, 170 * mm, 259 * mm, 0, 0, 0, 0)
    document = BaseDocTemplate(BytesIO(), pageTemplates=[PageTemplate(frames=[frame])])
    style = [
        ("FONT", (0, 0), (-1, -1), song, 9, 12),
        ("GRID", (0, 0), (-1, -1), 0.5, 0),
    ]
    widths = [width * mm for width in WIDTHS]
    document.build([LongTable([HEADERS, *rows], widths, repeatRows=1, style=style)])
