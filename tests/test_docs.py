"""README and manual keep up with the program: pictures, variables, commands."""

import ast
import re

import pytest
from django.conf import settings
from django.core.management import get_commands

ROOT = settings.BASE_DIR
DOCUMENTS = sorted([ROOT / "README.md", *ROOT.glob("docs/**/*.md")])
MANUAL = sorted(ROOT.glob("docs/manual/*.md"))
PICTURES = sorted(ROOT.glob("docs/pictures/*.png"))
APPS = ("gridinspect.", "grids", "enterprises", "assistants", "cases", "reports")
COMMANDS = {name for name, app in get_commands().items() if app.startswith(APPS)}
README = (ROOT / "README.md").read_text()
LARGEST, LARGEST_OF_ALL = 150_000, 2_000_000  # bytes


def links(document):
    """Yield the files that a document links to or shows."""
    for target in re.findall(r"\]\((?!\w+:|#)([^)#\s]+)", document.read_text()):
        yield (document.parent / target).resolve()


def variables():
    """Return the names that settings.py reads through env, and launch.py's own."""
    tree = ast.parse((ROOT / "gridinspect" / "settings.py").read_text())
    read = {
        call.args[0].value
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == "env"
    }
    launcher = "".join(
        path.read_text() for path in (ROOT / "gridinspect/launcher").glob("*.py")
    )
    return read | set(
        re.findall(r"""environ(?:\.get\(|\[)["']([A-Z][A-Z_]+)["']""", launcher)
    )


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_every_link_and_picture_is_there(document):
    assert [str(target) for target in links(document) if not target.exists()] == []


def test_every_picture_is_shown_somewhere_and_described():
    shown = {target for document in DOCUMENTS for target in links(document)}
    assert [path.name for path in PICTURES if path not in shown] == []
    for document in DOCUMENTS:
        assert "![](" not in document.read_text(), document.name


def test_pictures_are_small():
    sizes = {path.name: path.stat().st_size for path in PICTURES}
    assert {name: size for name, size in sizes.items() if size > LARGEST} == {}
    assert sum(sizes.values()) < LARGEST_OF_ALL


def test_the_script_takes_every_picture():
    script = (ROOT / "docs" / "pictures.py").read_text()
    taken = set(re.findall(r'Picture\(\s*"([\w-]+)"', script))
    assert taken == {path.stem for path in PICTURES}


def test_every_page_of_the_manual_is_in_its_contents():
    contents = ROOT / "docs" / "manual" / "README.md"
    assert set(MANUAL) - {contents} - set(links(contents)) == set()


def test_every_variable_stands_in_the_table_and_in_the_example():
    example = (ROOT / ".env.example").read_text()
    names = variables()
    assert {"SECRET_KEY", "DATABASE_URL", "PORT", "VAR_DIR"} <= names
    assert {name for name in names if f"`{name}`" not in README} == set()
    in_example = set(re.findall(r"^#?([A-Z_]+)=", example, re.MULTILINE))
    assert names - in_example == set()


def test_the_table_names_no_variable_that_nobody_reads():
    table = README.partition("## Configuration")[2].partition("## Checks")[0]
    rows = re.findall(r"^\|([^|]+)\|", table, re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)}
    others = ("docker-compose.yml", "tests/browser_gate.py")
    elsewhere = "".join((ROOT / name).read_text() for name in others)
    unknown = {n for n in named - variables() if n not in elsewhere}
    assert unknown == set()


def test_every_command_of_ours_is_in_the_readme():
    assert {name for name in COMMANDS if f"`{name}" not in README} == set()


def test_every_command_that_a_document_names_exists():
    known = set(get_commands())
    named = {
        (document.name, name)
        for document in DOCUMENTS
        for name in re.findall(
            r"(?:launch\.py manage|manage\.py) ([a-z]\w+)", document.read_text()
        )
    }
    commands = README.partition("## Commands")[2].partition("\n## ")[0]
    for cell in re.findall(r"^\| (`[^|]*?`(?:, `[^`]*`)*) \|", commands, re.MULTILINE):
        named |= {("README.md", name) for name in re.findall(r"`([a-z]\w+)", cell)}
    assert {pair for pair in named if pair[1] not in known} == set()


@pytest.mark.parametrize(
    "document", [*DOCUMENTS, ROOT / "docs" / "pictures.py"], ids=lambda path: path.name
)
def test_no_document_names_a_place_of_one_machine(document):
    places = r"(?:^|[\s`\"(])(/(?:work|root|home|tmp)/)"
    assert re.findall(places, document.read_text()) == []
