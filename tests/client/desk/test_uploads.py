"""Objects on bad lines: what is cut is begun again, and nothing is sent twice that is there."""

import secrets
from pathlib import Path

import pytest

from surefoot.client.checkout import Source, open_source
from surefoot.client.desk.hub import DeskHub
from surefoot.client.desk.pace import Pace
from surefoot.client.desk.uploads import Brought, Uploads, own_door
from surefoot.client.install import Transfer
from surefoot.errors import Corrupt, Unreachable
from tests.client.checkouts import checkout, exported
from tests.client.desk.fleet import QUICK, BadLine, Fleet, objects_of

BIG = 3_000_000


def big(fleet: Fleet, name: str, size: int = BIG) -> Path:
    tree = checkout(fleet.place / name, "app")
    (tree / "app" / "root.squashfs").write_bytes(secrets.token_bytes(size))
    return tree


def bring(
    fleet: Fleet,
    source: Source,
    watch: list[Transfer] | None = None,
    pace: Pace = QUICK,
) -> Brought:
    paths = {sha: path for path, sha in source.state.objects.items()}

    async def work(hub: DeskHub) -> Brought:
        told = [] if watch is None else watch
        uploads = Uploads(hub, "/objects/", paths, told.append, pace)
        return await uploads.bring(source, sorted(objects_of(source)))

    return fleet.at_desk(work)


def is_there(fleet: Fleet, source: Source) -> bool:
    token = fleet.token
    return all(
        fleet.world.call("HEAD", url.removeprefix(fleet.world.base), token=token).status == 200
        for sha in objects_of(source)
        if (url := fleet.world.call("GET", f"/objects/{sha}", token=token).json["signed-geturl"])
    )


def test_each_object_is_sent_once_and_told_when_the_hub_has_it(fleet: Fleet) -> None:
    source, told = open_source(big(fleet, "tree")), list[Transfer]()
    done = bring(fleet, source, told)
    total = sum(source.sizes.values())
    assert done == Brought(len(objects_of(source)), 0, total)
    assert is_there(fleet, source)
    through = [each.sha for each in told if each.done == each.size]
    assert sorted(through) == sorted(objects_of(source))
    again = bring(fleet, source)
    assert again == Brought(0, len(objects_of(source)), 0)


def test_an_empty_object_is_sent_too(fleet: Fleet) -> None:
    source = open_source(big(fleet, "tree", size=0))
    assert bring(fleet, source).kept == 0
    assert is_there(fleet, source)


def test_objects_of_a_tarball_are_sent_as_those_of_a_checkout(fleet: Fleet) -> None:
    tree = open_source(checkout(fleet.place / "tree", "app"))
    bodies = [(fleet.place / "tree" / path).read_text() for path in tree.state.objects]
    source = open_source(exported(fleet.place / "x.tgz", tree.text, *bodies, mode="w:gz"))
    assert bring(fleet, source).sent == len(bodies)
    assert is_there(fleet, source)


def test_an_upload_that_is_cut_is_begun_again(fleet: Fleet, line: BadLine) -> None:
    source = open_source(big(fleet, "tree"))
    line.cut(1_000_000, times=3)
    done = bring(fleet, source)
    assert line.cuts == 3
    assert done.sent == len(objects_of(source))
    assert is_there(fleet, source)


def test_an_answer_that_is_lost_fails_nothing(fleet: Fleet, line: BadLine) -> None:
    source = open_source(big(fleet, "tree"))
    line.lose((fleet.place / "tree/app/root.squashfs").read_bytes()[-16:])
    done = bring(fleet, source)
    assert line.losses == 1
    assert done.sent + done.kept == len(objects_of(source))
    assert is_there(fleet, source)


def test_a_hub_that_stays_away_is_given_up(fleet: Fleet, line: BadLine) -> None:
    source = open_source(big(fleet, "tree"))
    line.cut(1_000_000, times=10_000)
    with pytest.raises(Unreachable):
        bring(fleet, source, pace=Pace(patience_s=0.5, stall_s=5, pause_s=0.01))


def test_a_file_that_changes_on_its_way_is_told(fleet: Fleet) -> None:
    tree = big(fleet, "tree")
    source = open_source(tree)
    (tree / "app" / "root.squashfs").write_bytes(bytes(BIG))
    with pytest.raises(Corrupt, match=r"app/root\.squashfs .*post again"):
        bring(fleet, source)


def test_an_address_that_is_out_of_date_is_asked_for_again(fleet: Fleet) -> None:
    """peers 3: hub.mender.io/t/1178: a slow line outlives the URL."""
    source = open_source(big(fleet, "tree"))
    paths = {sha: path for path, sha in source.state.objects.items()}

    async def work(hub: DeskHub) -> Brought:
        uploads = Uploads(hub, "/objects/", paths, lambda _: None, QUICK)
        asked, seen = uploads._announce, set[str]()

        async def stale_at_first(sha: str, size: int) -> str:
            url = await asked(sha, size)
            is_first = sha not in seen
            seen.add(sha)
            return f"{url}x" if is_first and url else url

        uploads._announce = stale_at_first  # type: ignore[method-assign]
        return await uploads.bring(source, sorted(objects_of(source)))

    assert fleet.at_desk(work).sent == len(objects_of(source))


def test_a_url_of_the_hub_is_asked_at_the_address_that_is_known_to_work() -> None:
    assert own_door("https://other:1/local-s3/abc") == "/local-s3/abc"
    assert own_door("https://s3.example/bucket/x?sign=1") == "https://s3.example/bucket/x?sign=1"
