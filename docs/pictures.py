#!/usr/bin/env python3
"""Take the pictures of README and manual from a running demonstration.

    .venv/bin/python docs/pictures.py [http://127.0.0.1:8000] [--only NAME …]

Needs the demonstration data, a worker, Chromium and a CJK font. It signs in with the
demonstration's accounts, uploads one small workbook, takes its picture and discards it
again; the register stays as it was. The password comes from DEMO_PASSWORD.
"""

import argparse
import io
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from openpyxl import load_workbook
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

FOLDER = Path(__file__).resolve().parent / "pictures"
PASSWORD = os.environ.get("DEMO_PASSWORD", "Erqi-Demo-2026")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WIDE, NARROW = (1366, 768), (390, 844)
COLOURS = 128  # enough for flat pages, and a quarter of the size
LARGEST = 150_000  # bytes of one picture


class Picture(NamedTuple):
    """One picture: who signs in, the page, and what is done before it is taken."""

    name: str
    user: str
    path: str = "/"
    prepare: Callable[[Page], None] | None = None
    size: tuple[int, int] = WIDE


def follow(*texts: str) -> Callable[[Page], None]:
    """Return steps that follow links by their words, one after another."""

    def steps(page: Page) -> None:
        for text in texts:
            page.locator("main").get_by_role("link", name=text).first.click()
            settle(page)

    return steps


def first_row(page: Page) -> None:
    """Open the detail page of the first row of a list."""
    page.locator("main tbody tr").first.locator("a").first.click()
    settle(page)


def case_limit(page: Page) -> None:
    """Open the first case and how its limit is counted."""
    first_row(page)
    follow("期限计算")(page)


def survey_form(page: Page) -> None:
    """Open the survey of the first unit that has none."""
    page.locator("main tbody").get_by_role("link", name="采集").first.click()
    settle(page)


def preview(page: Page) -> None:
    """Fill the template with rows, good and bad, and upload it; see the preview."""
    with page.expect_download() as download:
        page.get_by_role("link", name="模板下载").click()
    workbook = load_workbook(io.BytesIO(download.value.path().read_bytes()))
    sheet = workbook.worksheets[0]
    headers = [str(cell.value).removesuffix(" *") for cell in sheet[1]]
    sheet.delete_rows(2)  # the example
    rows: list[dict[str, object]] = [
        {"单位名称": "郑州样例甲商贸有限公司", "从业人数": 35, "营业状态": "营业"},
        {"单位名称": "郑州样例乙餐饮管理有限公司", "从业人数": "约二十人"},
        {"单位名称": "郑州样例丙建筑劳务有限公司", "所属社区": "没有这个社区"},
        {
            "单位名称": "郑州样例丁物流有限公司",
            "统一社会信用代码": "91410103MA0AAAA1X8",
        },
        {"从业人数": 12},
        {"单位名称": "郑州样例戊家政服务部", "单位类型": "个体工商户"},
    ]
    for row in rows:
        row = {"所属街道": "淮河路街道", "经营地址": "郑州市二七区淮河路1号"} | row
        sheet.append([row.get(header) for header in headers])
    content = io.BytesIO()
    workbook.save(content)
    page.locator("input[type=file]").set_input_files(
        {
            "name": "淮河路街道用人单位名册.xlsx",
            "mimeType": "application/octet-stream",
            "buffer": content.getvalue(),
        }
    )
    page.locator("main form button.btn-primary").click()
    page.get_by_text("确认导入").first.wait_for(timeout=60_000)
    settle(page)


def discard(page: Page) -> None:
    """Throw the uploaded workbook away again."""
    page.locator("main summary", has_text="放弃").click()
    page.get_by_role("button", name="确定放弃").click()
    settle(page)


NEVER = "/enterprises/?status=known&survey=never"
PICTURES = [
    Picture("sign-in", "", "/sign-in/"),
    Picture("workbench", "eq_bureau"),
    Picture("workbench-narrow", "eq_assistant", size=NARROW),
    Picture("dashboard-city", "zz_city", "/dashboard/"),
    Picture("dashboard", "eq_bureau", "/dashboard/"),
    Picture("rows", "eq_bureau", "/dashboard/", follow("未采集")),
    Picture("grids", "eq_bureau", "/grids/"),
    Picture("map", "eq_bureau", "/map/"),
    Picture("walls", "eq_bureau", "/posters/?state=stale", first_row),
    Picture("programme", "sy_bureau", "/programme/"),
    Picture("policy", "eq_bureau", "/policies/", follow("二七区组建")),
    Picture("establishment", "eq_bureau", "/establishment/"),
    Picture("enterprises", "eq_bureau", "/enterprises/"),
    Picture("survey", "eq_squad", NEVER, survey_form),
    Picture("import-preview", "eq_bureau", "/imports/new/enterprises/", preview),
    Picture("clocks", "eq_leader", "/clocks/"),
    Picture("case", "eq_inspector", "/cases/", case_limit),
    Picture("report", "eq_bureau", "/reports/new/"),
]
AFTERWARDS = {"import-preview": discard}


def settle(page: Page) -> None:
    """Wait until the page, its fonts and its charts stand still."""
    page.wait_for_load_state("networkidle")
    page.evaluate("document.fonts.ready")
    page.wait_for_timeout(600)


def open_page(browser: Browser, address: str, picture: Picture) -> Page:
    """Sign in as the picture's user and go to its page."""
    width, height = picture.size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        reduced_motion="reduce",
    )
    page = context.new_page()
    if picture.user:
        page.goto(f"{address}/sign-in/")
        page.fill("[name=username]", picture.user)
        page.fill("[name=password]", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{address}/")
    page.goto(f"{address}{picture.path}")
    settle(page)
    return page


def take(browser: Browser, address: str, picture: Picture) -> int:
    """Take one picture, make it small, and return its size in bytes."""
    page = open_page(browser, address, picture)
    if picture.prepare:
        picture.prepare(page)
    image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    target = FOLDER / f"{picture.name}.png"
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(target, optimize=True)
    if after := AFTERWARDS.get(picture.name):
        after(page)
    page.context.close()
    return target.stat().st_size


def main() -> int:
    """Take all pictures, or those that are named; exit status 1 for one too large."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("address", nargs="?", default="http://127.0.0.1:8000")
    parser.add_argument("--only", nargs="+", metavar="NAME")
    options = parser.parse_args()
    chosen = [p for p in PICTURES if not options.only or p.name in options.only]
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        sys.exit("No Chromium: apt-get install chromium fonts-noto-cjk")
    FOLDER.mkdir(exist_ok=True)
    too_large = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path,
            args=["--no-sandbox", "--lang=zh-CN"],
        )
        for picture in chosen:
            size = take(browser, options.address.rstrip("/"), picture)
            print(f"{picture.name}.png: {size:,} bytes")
            if size > LARGEST:
                too_large.append(picture.name)
        browser.close()
    if too_large:
        print("larger than allowed:", ", ".join(too_large))
    return bool(too_large)


if __name__ == "__main__":
    sys.exit(main())
