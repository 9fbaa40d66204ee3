"""Files made to hurt: each is refused in seconds in one sentence and leaves nothing.

The parser is a process of its own with limits; the one that started it lives on.
"""

import io
import os
import resource
import time
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings

from assistants.resources import StaffResource
from gridinspect.imports import kept, reading, tasks
from gridinspect.imports.reading import UnreadableFile, open_workbook
from gridinspect.imports.recognise import recognise
from tests.gridinspect.imports.conftest import xlsx

SECONDS = 30  # of processor time; on an idle machine none takes five
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
SHEET = f'<worksheet xmlns="{MAIN}"><sheetData>{{}}</sheetData></worksheet>'
STRINGS = f'<sst xmlns="{MAIN}">{{}}</sst>'
ROWS = [["姓名", "身份证号"], ["张伟", "410103198506150018"]]


def with_parts(content, **parts):
    """Return an .xlsx with parts put in or replaced, named as xl__x__y.xml."""
    given = {name.replace("__", "/"): text for name, text in parts.items()}
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            if name not in given:
                new.writestr(name, old.read(name))
        for name, text in given.items():
            new.writestr(name, text)
    return buffer.getvalue()


def with_sheet(cells):
    return with_parts(xlsx(ROWS), **{"xl__worksheets__sheet1.xml": SHEET.format(cells)})


def with_strings(strings):
    return with_parts(xlsx(ROWS), **{"xl__sharedStrings.xml": STRINGS.format(strings)})


def ods(row):
    names = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "content.xml",
            f"<office:document-content{names}><office:body><office:spreadsheet>"
            f'<table:table table:name="S">{row}</table:table></office:spreadsheet>'
            "</office:body></office:document-content>",
        )
        archive.writestr(
            "META-INF/manifest.xml",
            '<m xmlns="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
    return buffer.getvalue()


def lying_directory():
    """Return a bomb whose directory says that it unpacks to a kilobyte."""
    bomb = with_sheet(" " * (210 * 2**20))
    name = b"xl/worksheets/sheet1.xml"
    at = bomb.rindex(name) - 46  # its entry in the central directory
    return bomb[: at + 24] + (1024).to_bytes(4, "little") + bomb[at + 28 :]


def many_entries():
    return with_parts(xlsx(ROWS), **{f"xl__media__{n}.xml": "" for n in range(3_000)})


HUGE_TEXT = (
    f'<row r="1"><c r="A1" t="inlineStr"><is><t>{"x" * 10_000_000}</t></is></c></row>'
)
STRING = '<c t="s"><v>0</v></c>'
ONE_STRING_EVERYWHERE = f"<row>{STRING * 100}</row>" * 20_000
CELL = (
    '<table:table-cell office:value-type="string"{}><text:p>姓名</text:p>'
    "</table:table-cell>"
)
HOSTILE = {
    "two million declared rows, no dimension": lambda: with_sheet("<row/>" * 2_000_000),
    "two million rows with a cell": lambda: with_sheet(
        "<row><c><v>1</v></c></row>" * 2_000_000
    ),
    "cells beyond the last row and column": lambda: with_sheet(
        '<row r="4000000000"><c r="ZZZZ4000000000"><v>1</v></c></row>'
    ),
    "a million shared strings": lambda: with_parts(
        with_strings("".join(f"<si><t>{n}</t></si>" for n in range(1_000_000))),
        **{"xl__worksheets__sheet1.xml": SHEET.format("")},
    ),
    "one long string in two million cells": lambda: with_parts(
        with_strings(f"<si><t>{'x' * 30_000}</t></si>"),
        **{"xl__worksheets__sheet1.xml": SHEET.format(ONE_STRING_EVERYWHERE)},
    ),
    "one cell of 10 MB": lambda: with_sheet(HUGE_TEXT),
    "a bomb of blanks": lambda: with_sheet(" " * (260 * 2**20)),
    "a bomb with a lying directory": lying_directory,
    "three thousand parts": many_entries,
    "elements inside elements": lambda: with_sheet("<a>" * 3_000_000),
    "an entity within entities": lambda: with_parts(
        xlsx(ROWS),
        **{
            "xl__sharedStrings.xml": '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
            '<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>' + STRINGS.format("&b;")
        },
    ),
    "an external entity": lambda: with_parts(
        xlsx(ROWS),
        **{
            "xl__worksheets__sheet1.xml": '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///e">]>'
            + SHEET.format("&e;")
        },
    ),
    "ten thousand columns": lambda: xlsx([["姓名", *map(str, range(10_000))]]),
    "a repeated column in .ods": lambda: ods(
        "<table:table-row>"
        + CELL.format(' table:number-columns-repeated="2000000000"')
        + "</table:table-row>"
    ),
    "a repeated row in .ods": lambda: ods(
        '<table:table-row table:number-rows-repeated="2000000000">'
        + CELL.format("")
        + "</table:table-row>"
    ),
    "a quote that is never closed": lambda: (
        '姓名,备注\n"张伟,甲\n' + "王芳,乙\n" * 300_000
    ).encode(),
    "a field of 5 MB in .csv": lambda: ("姓名,备注\n张伟," + "甲" * 1_700_000).encode(),
    "a page with a million columns": lambda: (
        "<html><table><tr>" + "<td>x" * 1_000_000 + "</tr></table></html>"
    ).encode(),
    "a page without a table": lambda: b"<html><body>" + b"<p>x</p>" * 100_000,
    "the head of a workbook and noise": lambda: b"PK\x03\x04" + bytes(range(256)) * 900,
    "the head of old Excel and noise": lambda: (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(range(256)) * 900
    ),
}


@pytest.fixture(autouse=True)
def spool(tmp_path, monkeypatch):
    """Give each test a spool of its own: other tests parse at the same time."""
    folder = tmp_path / "spool"
    monkeypatch.setattr(reading, "SPOOL", folder)
    return folder


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_file_is_refused_in_seconds_with_one_sentence(case, tmp_path, spool):
    file = tmp_path / "file"
    file.write_bytes(HOSTILE[case]())
    before = children_cpu()
    with pytest.raises(UnreadableFile) as refusal:
        find_the_roster(file)
    sentence = str(refusal.value)
    assert sentence.endswith("。")
    assert len(sentence) < 80
    assert not any(word in sentence for word in ("Error", "Traceback", "line "))
    assert children_cpu() - before < SECONDS
    assert not list(spool.iterdir())


def find_the_roster(file):
    with open_workbook(file) as book:
        recognise(book, StaffResource.columns(), "人员名册")


def children_cpu():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_a_picture_in_a_workbook_does_not_matter(tmp_path):
    image = {"xl__media__image1.png": b"\x89PNG\r\n\x1a\n" + bytes(100_000)}
    assert rows_of(with_parts(xlsx(ROWS), **image), tmp_path) == ROWS


def test_macros_are_not_run_and_do_not_matter(tmp_path):
    code = {"xl__vbaProject.bin": b"\xd0\xcf\x11\xe0" + bytes(50_000)}
    assert rows_of(with_parts(xlsx(ROWS), **code), tmp_path) == ROWS


def rows_of(content, folder):
    (folder / "file").write_bytes(content)
    with open_workbook(folder / "file") as book:
        return [cells for _, cells in book.sheets[0].rows()]


@pytest.mark.parametrize(
    "script",
    [
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
        "import os; os.abort()",
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (2**28, 2**28))\n"
        "bytearray(2**30)",
        "import resource; resource.setrlimit(resource.RLIMIT_CPU, (1, 1))\n"
        "while True: pass",
        "import sys; sys.exit(9)",
    ],
)
def test_whatever_ends_the_parser_the_worker_lives_on(script, tmp_path, monkeypatch):
    (tmp_path / "parser.py").write_text(script)
    (tmp_path / "file").write_bytes(xlsx(ROWS))
    with monkeypatch.context() as patched:
        patched.setattr(reading, "PARSER", tmp_path / "parser.py")
        with pytest.raises(UnreadableFile, match="已停止读取"):
            open_workbook(tmp_path / "file").__enter__()
    assert rows_of(xlsx(ROWS), tmp_path) == ROWS


def test_a_parser_that_hangs_is_stopped_and_said_to_wait(tmp_path, monkeypatch, spool):
    (tmp_path / "parser.py").write_text(
        "import os, sys, time, pathlib\n"
        f"pathlib.Path({str(tmp_path / 'pid')!r}).write_text(str(os.getpid()))\n"
        "time.sleep(600)"
    )
    (tmp_path / "file").write_bytes(xlsx(ROWS))
    monkeypatch.setattr(reading, "PARSER", tmp_path / "parser.py")
    monkeypatch.setattr(reading, "SECONDS", 2)
    waits = []
    started = time.monotonic()
    with pytest.raises(UnreadableFile, match="用时过长"):
        open_workbook(tmp_path / "file", waiting=waits.append).__enter__()
    assert time.monotonic() - started < 20
    assert waits[:2] == [0, 1]
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)
    assert not list(spool.iterdir())


def test_the_parser_knows_no_settings_and_no_database(tmp_path, monkeypatch):
    (tmp_path / "parser.py").write_text(
        "import os, sys\n"
        "words = [w for w in os.environ if 'DATABASE' in w or 'KEY' in w]\n"
        "sys.stdout.write(','.join(words) or 'nothing'); sys.exit(3)"
    )
    monkeypatch.setenv("FIELD_KEYS", "secret")
    (tmp_path / "file").write_bytes(xlsx(ROWS))
    monkeypatch.setattr(reading, "PARSER", tmp_path / "parser.py")
    with pytest.raises(UnreadableFile, match=r"^nothing$"):
        open_workbook(tmp_path / "file").__enter__()


def test_what_killed_workers_left_goes_within_a_day(db, spool):
    old = (datetime.now(UTC) - timedelta(hours=25)).timestamp()
    spool.mkdir()
    left, fresh = spool / "left", spool / "fresh"
    for folder in (left, fresh):
        folder.mkdir()
        (folder / "0.jsonl").write_text("[]")
    os.utime(left, (old, old))
    uploads = Path(settings.MEDIA_ROOT) / "imports" / "2026" / "01"
    uploads.mkdir(parents=True, exist_ok=True)
    lonely = kept.beside(uploads / "gone.bin")
    lonely.write_text("[]")
    used = kept.beside(uploads / "there.bin")
    used.write_text("[]")
    (uploads / "there.bin").write_bytes(b"x")
    tasks.purge_abandoned()
    assert [p.exists() for p in (left, fresh, lonely, used)] == [
        False,
        True,
        False,
        True,
    ]
    (fresh / "0.jsonl").unlink()
    fresh.rmdir()
