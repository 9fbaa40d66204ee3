"""When the tests that drive a real Chromium run, and what is said when they do not."""

import os
import shutil

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
REQUIRED = os.environ.get("REQUIRE_BROWSER") == "1"  # CI: none run is a failure
MISSING = (
    "没有找到 Chromium，浏览器测试不运行。安装：apt-get install chromium fonts-noto-cjk"
)


def chromium() -> str | None:
    """Return the path of the installed Chromium."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def pytest_collection_modifyitems(config, items):
    """Without Chromium, leave the browser tests out."""
    if chromium():
        return
    out = [item for item in items if item.get_closest_marker("browser")]
    if out:
        config.hook.pytest_deselected(items=out)
        items[:] = [item for item in items if item not in out]


def pytest_report_header():
    return None if chromium() else MISSING


def pytest_sessionfinish(session, exitstatus):
    """Fail where browser tests are required and none ran."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if not REQUIRED or hasattr(session.config, "workerinput") or reporter is None:
        return
    if exitstatus == 0 and not browser_tests_passed(reporter):
        session.exitstatus = 1


def pytest_terminal_summary(terminalreporter):
    """Say how many browser tests ran where they are required."""
    if REQUIRED:
        count = browser_tests_passed(terminalreporter)
        terminalreporter.write_line(f"browser tests passed: {count} (required: some)")


def browser_tests_passed(reporter):
    """Count them on the controller: the reports carry the names of their marks."""
    return sum("browser" in r.keywords for r in reporter.stats.get("passed", []))
