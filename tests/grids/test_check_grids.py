"""check_grids finds a broken tree, says what is wrong and repairs it."""

import pytest
from django.core.management import call_command

from grids.models import Grid
from grids.services import tree
from tests.factories import make_grid


def check(capsys, *arguments):
    """Run the command; return its exit status and what it printed."""
    try:
        call_command("check_grids", *arguments)
    except SystemExit as end:
        return end.code, "".join(capsys.readouterr())
    return 0, "".join(capsys.readouterr())


@pytest.fixture
def park(street):
    return make_grid("产业园", parent=street, kind="park")


def test_a_sound_tree_is_called_sound(community, capsys):
    status, words = check(capsys)

    assert status == 0
    assert "1 个区县的网格树没有问题" in words


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        ({"lft": 40, "rght": 41}, "左右值不在上级"),
        ({"path": "/410100/1/2/3/"}, "应为"),
        ({"level": 5}, "层次或树号"),
        ({"tree_id": 99}, "层次或树号"),
    ],
)
def test_damage_is_named_and_repaired(
    erqi, street, community, capsys, damage, sentence
):
    Grid.objects.filter(pk=community.pk).update(**damage)

    status, words = check(capsys)
    assert status == 1
    assert "绿云社区" in words
    assert sentence in words

    assert check(capsys, "--repair")[0] == 0
    assert check(capsys)[0] == 0
    assert tree.faults_of(erqi) == []


def test_sisters_whose_numbers_overlap_are_a_fault(street, community, park, capsys):
    numbers = Grid.objects.values("lft", "rght").get(pk=community.pk)
    Grid.objects.filter(pk=park.pk).update(**numbers)

    status, words = check(capsys)

    assert status == 1
    assert "重叠" in words
    assert check(capsys, "--repair")[0] == 0


def test_two_districts_in_one_tree_are_parted(erqi, huiji, street, capsys):
    Grid.objects.filter(district=huiji).update(tree_id=erqi.tree_id)

    status, words = check(capsys)

    assert status == 1
    assert "树号与别的区县重复" in words
    assert check(capsys, "--repair")[0] == 0
    assert check(capsys)[0] == 0
