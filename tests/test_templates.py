"""Every template compiles, its URL names exist, links in documents lead to files."""

import re

import pytest
from django.conf import settings
from django.template.loader import get_template
from django.urls import get_resolver

ROOT = settings.BASE_DIR
TEMPLATES = sorted((ROOT / "templates").rglob("*.*"))
PAGES = [page for page in TEMPLATES if page.suffix == ".html"]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def url_names(resolver, namespace=""):
    """Yield the full name of every URL."""
    for name in resolver.reverse_dict:
        if isinstance(name, str):
            yield f"{namespace}{name}"
    for inner, (_, nested) in resolver.namespace_dict.items():
        yield from url_names(nested, f"{namespace}{inner}:")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_template_compiles(page):
    get_template(str(page.relative_to(ROOT / "templates")))


def test_a_template_links_only_to_pages_that_exist():
    known = set(url_names(get_resolver()))
    named = {
        (page.name, name)
        for page in PAGES
        for name in re.findall(r"""{%\s*url\s+["']([^"']+)""", page.read_text())
    }
    assert {(page, name) for page, name in named if name not in known} == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_a_relative_link_in_a_document_leads_to_a_file(document):
    targets = re.findall(r"\]\((?!\w+:|#)([^)#\s]+)", document.read_text())
    missing = [t for t in targets if not (document.parent / t).exists()]
    assert missing == []


FORBIDDEN = {
    "a style of its own": r"\sstyle\s*=",
    "a handler in the markup": r"""\son(?!ly=)[a-z]+=["']""",
    "a script in the markup": r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>",
    "a style sheet in the markup": r"<style\b",
    "text that is not escaped": r"\|\s*safe\b|autoescape off|\|\s*safeseq",
    "something from another machine": r"""(?:src|href|action)=["'](?:https?:)?//""",
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_template_holds(what):
    found = [
        f"{page.relative_to(ROOT)}: {line.strip()[:80]}"
        for page in TEMPLATES
        if page.suffix in (".html", ".svg")
        for line in page.read_text().splitlines()
        if re.search(FORBIDDEN[what], line)
    ]
    assert found == []


def test_markup_is_declared_safe_only_where_it_is_made():
    made = {"gridinspect/ui/templatetags/ui.py"}
    apps = ("gridinspect", "grids", "enterprises", "assistants", "cases", "reports")
    found = {
        str(file.relative_to(ROOT))
        for app in apps
        for file in (ROOT / app).rglob("*.py")
        if re.search(r"\bmark_safe\(", file.read_text())
    }
    assert found - made == set()
