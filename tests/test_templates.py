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
