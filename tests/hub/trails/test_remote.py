"""Discovery for `pvr`, by id and by names (hub-wire 6, recorded/pvr-info)."""


def nicks(gateway):
    device = gateway.world.call("GET", f"/devices/{gateway.id}", token=gateway.owner).json
    return f"/{device['owner-nick']}/{device['nick']}"


def test_a_trail_leads_to_its_newest_step(gateway):
    gateway.post()
    base = gateway.world.base
    assert gateway.owner_asks("GET", "/.pvrremote").json == {
        "pvr-spec": "pvr-pantahub-1",
        "json-get-url": f"{base}{gateway.trail}/steps/1/state",
        "json-key": "state",
        "objects-endpoint": f"{base}{gateway.trail}/steps/1/objects",
        "post-url": f"{base}{gateway.trail}/steps",
        "post-fields": ["commit-msg"],
        "post-fields-opt": ["rev"],
        "step-get-url": f"{base}{gateway.trail}/steps/1",
    }


def test_a_step_leads_to_itself(gateway):
    gateway.post()
    found = gateway.owner_asks("GET", "/steps/0/.pvrremote").json
    assert found["json-get-url"].endswith(f"{gateway.trail}/steps/0/state")
    assert gateway.owner_asks("GET", "/steps/9/.pvrremote").status == 404


def test_names_lead_to_the_same(gateway):
    gateway.post()
    world, short = gateway.world, nicks(gateway)
    by_names = world.call("GET", f"{short}/.pvrremote", token=gateway.owner)
    assert by_names.json == gateway.owner_asks("GET", "/.pvrremote").json
    at_step = world.call("GET", f"{short}/0/.pvrremote", token=gateway.owner)
    assert at_step.json == gateway.owner_asks("GET", "/steps/0/.pvrremote").json


def test_names_that_lead_nowhere_are_404(gateway):
    world, short = gateway.world, nicks(gateway)
    for target in ("/nobody/x", "/ada/nothing", f"{short}/9", f"{short}/x"):
        assert world.call("GET", f"{target}/.pvrremote", token=gateway.owner).status == 404


def test_the_urls_lead_to_what_they_promise(gateway):
    found = gateway.owner_asks("GET", "/.pvrremote").json
    assert gateway.world.call("GET", found["json-get-url"], token=gateway.owner).json["#spec"]
    assert gateway.world.call("GET", found["step-get-url"], token=gateway.owner).json["rev"] == 0


def test_a_private_device_is_found_by_its_owner_only(gateway, eve, anonymous):
    """Without a token 401, with the header that pvr reads (hub-wire 2.3)."""
    world = gateway.world
    for target in (f"{gateway.trail}/.pvrremote", f"{nicks(gateway)}/.pvrremote"):
        assert world.call("GET", target, token=eve).status == 403
        refused = world.call("GET", target)
        assert refused.status == 401
        assert "ph-aeps" in refused.headers["www-authenticate"]
    world.call("PUT", f"/devices/{gateway.id}/public", token=gateway.owner)
    assert world.call("GET", f"{gateway.trail}/.pvrremote", token=anonymous).status == 200


def test_a_device_that_has_not_synced_has_nothing_to_discover(world, ada):
    id, _ = world.device(ada)
    assert world.call("GET", f"/trails/{id}/.pvrremote", token=ada).status == 404
