import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from gridinspect import env


@pytest.mark.parametrize(
    ("address", "origins"),
    [
        ("", []),
        ("https://tiles.example/{z}/{x}/{y}.png", ["https://tiles.example"]),
        ("http://10.0.0.8:8080/t/{z}/{x}/{y}", ["http://10.0.0.8:8080"]),
        ("https://{s}.tiles.example/{z}/{x}/{y}.png", ["https://*.tiles.example"]),
    ],
)
def test_a_tile_server_opens_its_own_origin_only(address, origins, monkeypatch):
    monkeypatch.setenv("TILE_URL", address)
    assert env.tiles("TILE_URL") == (address, origins)


@pytest.mark.parametrize(
    "address",
    [
        "tiles.example/{z}/{x}/{y}",
        "https://tiles.example/",
        "data:{x}{y}{z}",
        "*{x}{y}{z}",
    ],
)
def test_what_is_no_tile_server_stops_the_start(address, monkeypatch):
    monkeypatch.setenv("TILE_URL", address)
    with pytest.raises(ImproperlyConfigured, match="TILE_URL"):
        env.tiles("TILE_URL")


def test_no_tile_server_is_asked_unless_an_office_names_one(client, db):
    assert settings.TILE_URL == ""
    policy = client.get("/login/", follow=True).headers["Content-Security-Policy"]
    assert "img-src 'self' data:;" in f"{policy};".replace("; ", ";")
