import pytest

from surefoot.client.desk.references import Reference, hub_url, read_reference
from surefoot.errors import InvalidInput

ID = "5f0c2a9be1d3a4c6b7e8f901"
HUB = "https://hub.example.org"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("kitchen", Reference("kitchen")),
        (ID, Reference(ID)),
        (f"prn:::devices:/{ID}", Reference(ID)),
        ("ann/kitchen", Reference("kitchen", "ann")),
        ("ann/kitchen/7", Reference("kitchen", "ann", "", 7)),
        (f"{HUB}/trails/{ID}", Reference(ID, "", HUB)),
        (f"{HUB}/trails/{ID}/", Reference(ID, "", HUB)),
        (f"{HUB}/trails/{ID}/steps", Reference(ID, "", HUB)),
        (f"{HUB}/trails/{ID}/steps/12", Reference(ID, "", HUB, 12)),
        (f"{HUB}/trails/{ID}/steps/12/state", Reference(ID, "", HUB, 12)),
        (f"{HUB}/devices/{ID}", Reference(ID, "", HUB)),
        (f"{HUB}/above/devices/{ID}", Reference(ID, "", f"{HUB}/above")),
        (f"{HUB}/ann/kitchen", Reference("kitchen", "ann", HUB)),
        (f"{HUB}/ann/kitchen/7", Reference("kitchen", "ann", HUB, 7)),
        (f"HTTPS://Hub.Example.ORG:443/devices/{ID}", Reference(ID, "", HUB)),
        (f"http://127.0.0.1:12365/devices/{ID}", Reference(ID, "", "http://127.0.0.1:12365")),
        (f"http://[::1]:8/devices/{ID}", Reference(ID, "", "http://[::1]:8")),
    ],
)
def test_a_device_is_named_in_each_of_these_forms(text: str, meant: Reference) -> None:
    assert read_reference(text) == meant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "a/b/c",
        "a/b/7/8",
        "two words",
        "../..",
        "a?b",
        "x" * 201,
        HUB,
        f"{HUB}/ann",
        f"{HUB}/trails/",
        f"{HUB}/trails/{ID}#app",
        f"{HUB}/trails/{ID}/steps/last",
        f"{HUB}/trails/{ID}/other",
        f"{HUB}/devices/%2e%2e%2f",
        "ftp://host/trails/x",
        "http://host:99999/trails/x",
        "http://[::1/trails/x",
        "https:///trails/x",
    ],
)
def test_what_names_no_device_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        read_reference(text)


def test_people_read_a_reference_as_they_wrote_it() -> None:
    assert str(Reference("kitchen", "ann")) == "ann/kitchen"
    assert str(Reference("kitchen")) == "kitchen"


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("https://hub.example.org/", HUB),
        ("HTTPS://HUB.example.org:443", HUB),
        ("http://hub:80", "http://hub"),
        ("http://hub:443/", "http://hub:443"),
        ("https://hub.example.org/sub/", f"{HUB}/sub"),
    ],
)
def test_a_hub_has_one_form(text: str, form: str) -> None:
    assert hub_url(text) == form


@pytest.mark.parametrize(
    "text",
    ["hub.example.org", "https://ann:pw@hub", "https://hub?x", "https://hub#x", "https://h b", ""],
)
def test_what_is_no_base_url_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        hub_url(text)
