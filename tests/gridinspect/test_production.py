import pytest
from django.core.exceptions import ImproperlyConfigured

from gridinspect.production import refuse, refuse_demo_accounts, unsafe_settings
from tests.factories import make_user

SAFE = {
    "production": True,
    "debug": False,
    "demo": False,
    "secret": "q7" * 30,
    "keys": ["0123456789abcdef" * 4],
}


def test_safe_settings_have_no_fault():
    assert unsafe_settings(**SAFE) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"debug": True}, "DEBUG"),
        ({"demo": True}, "DEMO"),
        ({"secret": "x" * 49}, "SECRET_KEY"),
        ({"secret": "please-change-me" * 5}, "SECRET_KEY"),
        ({"keys": ["00" * 32]}, "FIELD_KEYS"),
    ],
)
def test_each_unsafe_setting_is_refused_in_one_line(change, words):
    faults = unsafe_settings(**SAFE | change)
    assert len(faults) == 1
    assert words in faults[0]
    with pytest.raises(ImproperlyConfigured, match=words):
        refuse(faults)


def test_a_demonstration_account_stops_the_start(db, settings):
    settings.DEMO = settings.DEBUG = False
    refuse_demo_accounts()

    user = make_user(is_demo=True)
    with pytest.raises(ImproperlyConfigured, match="演示账号"):
        refuse_demo_accounts()

    settings.DEMO = True
    refuse_demo_accounts()

    settings.DEMO = False
    user.is_active = False
    user.save()
    refuse_demo_accounts()
