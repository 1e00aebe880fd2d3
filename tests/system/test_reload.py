"""Reloading: the configuration changes while Postern runs."""

import json
import os
import signal
import threading

import pytest
from support.http_wire import Truncated, fetch, format_request
from support.metrics import total
from support.processes import merge, run
from support.sandboxed import CLIENT, ECHO, import_new_grant, stored
from support.waiting import bound, eventually, stays_true


def write(postern, config=None, text=None):
    """Replaces the file of `postern` in one step."""
    if text is None:
        text = json.dumps(merge(postern.config, config), indent=2)
    fresh = postern.config_path.with_suffix(".new")
    fresh.write_text(text)
    os.replace(fresh, postern.config_path)


def status(postern):
    return json.loads(fetch(postern.admin_port, target="/api/status").body)["configuration"]


def reload(postern, config=None, text=None):
    """Writes the file, sends SIGHUP, and waits for what comes of it: the status."""
    before = status(postern)
    write(postern, config, text)
    postern.signal(signal.SIGHUP)

    def is_over():
        now = status(postern)
        return now if now["loads"] + now["refusals"] > before["loads"] + before["refusals"] else None
    return eventually(is_over, "the configuration has been read")


def logged(postern, event):
    """The lines of that kind, once there are any."""
    return eventually(lambda: [e for e in postern.log_entries() if e.get("event") == event],
                      f"{event} is logged")


def test_what_may_change_changes_at_once(postern):
    assert postern.get(host="postern.test").status == 421
    done = reload(postern, {"guard": {"hosts": ["postern.test"]}, "policy": {"access": "read-only"},
                            "log": {"level": "warn", "access": False, "format": "text"}})
    assert (done["loads"], done["refusals"], done["fault"], done["need_restart"]) == (1, 0, None, [])
    assert postern.get(host="postern.test").status == 200
    assert fetch(postern.admin_port, target="/livez", host="postern.test").status == 200
    assert postern.get(method="POST", body=b"x").status == 403
    lines = postern.log.splitlines()
    # `configuration_loaded` came when the level was warn already.
    assert not any("configuration_loaded" in line for line in lines)
    reload(postern)
    eventually(lambda: postern.get(host="postern.test").status == 421, "the old file holds again")
    entry = logged(postern, "configuration_loaded")[0]
    assert entry["changed"] == "guard.hosts policy.access log.level log.format log.access"


def test_what_cannot_change_is_named_in_one_line_and_in_the_status(postern):
    listen = postern.config["listen"]
    done = reload(postern, {"listen": [*listen, "127.0.0.1:0"], "store": {"path": "/elsewhere"},
                            "drain": {"timeout": "1s"}})
    assert done["need_restart"][:2] == ["listen", "store.path"]
    warned = logged(postern, "configuration_needs_restart")
    assert len(warned) == 1 and warned[0]["settings"].startswith("listen store.path")
    assert "needs a restart" in warned[0]["detail"]
    told = run("status", "--config", postern.config_path, "--admin", postern.admin_address)
    assert "restart for   listen store.path" in told.stdout
    assert postern.get().status == 200
    assert total(postern, "postern_configuration_needs_restart") == len(done["need_restart"])
    assert reload(postern)["need_restart"] == []
    assert total(postern, "postern_configuration_needs_restart") == 0


def test_a_bad_file_changes_nothing_and_is_told_with_its_lines(postern):
    fields = {"guard": {"hosts": ["postern.test"]}, "log": {"level": "loud"}, "limts": {}}
    done = reload(postern, fields)
    assert (done["loads"], done["refusals"]) == (0, 1)
    faults = [e["fault"] for e in logged(postern, "configuration_refused")]
    assert len(faults) == 2 and done["fault"] == faults[0]
    for fault, word in zip(faults, ("log.level", "limts")):
        place = fault.split(": ")[0]
        assert place.startswith(f"{postern.config_path}:") and int(place.split(":")[1]) > 1
        assert word in fault
    assert postern.get(host="postern.test").status == 421
    assert reload(postern, text="[")["refusals"] == 2
    assert total(postern, "postern_configuration_fault") == 1
    assert total(postern, "postern_configuration_loads_total", outcome="refused") == 2
    done = reload(postern)
    assert (done["loads"], done["refusals"], done["fault"]) == (1, 2, None)


@pytest.mark.parametrize("text", [
    "limitz: 1\n", "grants: [{organization: '${NO_SUCH_NAME}'}]\n", "log: {\n"])
def test_a_bad_file_blinds_no_command_that_asks_the_instance(start, upstream, text):
    postern = start(upstream)
    good = postern.config_path.read_text()
    lines = {key: postern.config[key] for key in ("runtime_file", "store", "listen", "sentry", "admin")}
    if "grants" not in text:
        text = 'grants: [{"organization": "acme"}]\n' + text
    faulty = "".join(f"{key}: {json.dumps(value)}\n" for key, value in lines.items()) + text
    assert reload(postern, text=faulty)["refusals"] == 1
    config = ("--config", postern.config_path)
    for command in (["status"], ["status", "--json"], ["healthcheck"], ["healthcheck", "--live"],
                    ["wait", "--timeout", "5s"],
                    ["explain", "GET", "organizations/acme/issues/", "--grant", "acme"]):
        done = run(*command, *config)
        assert done.returncode == 0, (command, done.stderr)
        assert done.stderr.startswith(f"warning: {postern.config_path} has a fault ("), done.stderr
        assert done.stderr.endswith("; asking the running instance all the same\n")
        assert done.stderr.count("\n") == 1
    assert json.loads(run("status", "--json", *config).stdout)["grants"][0]["name"] == "acme"
    assert "/?token=" in run("status", *config).stdout
    assert run("check", *config).returncode == 2
    assert run("shutdown", *config).returncode == 0
    assert postern.wait() == 0
    # Nobody is there any more: the faults, as ever.
    for command in ("status", "healthcheck", "wait", "shutdown"):
        done = run(command, *config)
        assert done.returncode == 2 and "warning" not in done.stderr, done.stderr
    postern.config_path.write_text(good)
    assert run("healthcheck", *config).returncode == 1


def test_a_place_in_a_bad_file_that_cannot_be_read_is_not_guessed(postern):
    config = json.loads(postern.config_path.read_text())
    config["runtime_file"] = "${NO_SUCH_NAME}"
    write(postern, text=json.dumps(config))
    done = run("status", "--config", postern.config_path)
    assert done.returncode == 2 and "NO_SUCH_NAME is not set" in done.stderr, done.stderr
    admin = ("--admin", postern.admin_address)
    assert run("status", "--config", postern.config_path, *admin).returncode == 0


def test_what_weakens_the_policy_is_said_when_it_comes(postern):
    def said():
        return [e["setting"] for e in logged(postern, "policy_weakened")].count("policy.dry_run: true")

    for hosts in (["a.test"], ["b.test"]):
        reload(postern, {"policy": {"dry_run": True}, "guard": {"hosts": hosts}})
    eventually(lambda: said() == 1, "it is said")
    reload(postern)
    reload(postern, {"policy": {"dry_run": True}})
    eventually(lambda: said() == 2, "once each time")


def test_a_changed_file_is_noticed_without_a_signal(postern):
    write(postern, {"guard": {"hosts": ["postern.test"]}})
    eventually(lambda: postern.get(host="postern.test").status == 200, "the change is seen")
    postern.config_path.unlink()
    eventually(lambda: status(postern)["refusals"] == 1, "so is that it has gone")
    assert postern.get(host="postern.test").status == 200


def test_a_link_turned_elsewhere_is_a_change(start, upstream, folder):
    """As Kubernetes does with a ConfigMap: the file is a link to ..data/file, and ..data one to the
    folder of a revision, which is replaced in one step."""
    volume = folder / "volume"
    volume.mkdir()

    def publish(revision, config):
        (volume / revision).mkdir()
        (volume / revision / "postern.yaml").write_text(json.dumps(config))
        link = volume / "..data_tmp"
        link.symlink_to(revision)
        os.replace(link, volume / "..data")

    publish("..1", {})
    (volume / "postern.yaml").symlink_to("..data/postern.yaml")
    (folder / "p0").mkdir()
    (folder / "p0" / "postern.yaml").symlink_to(volume / "postern.yaml")
    postern = start(upstream)  # writes its configuration into the first revision
    assert (volume / "..1" / "postern.yaml").stat().st_size > 10
    publish("..2", merge(postern.config, {"guard": {"hosts": ["postern.test"]}}))
    eventually(lambda: postern.get(host="postern.test").status == 200, "the new revision is seen")
    publish("..3", postern.config)
    eventually(lambda: postern.get(host="postern.test").status == 421, "and the next one")


def test_a_folder_in_its_place_is_a_fault_until_it_is_a_file_again(postern):
    text = postern.config_path.read_text()
    postern.config_path.unlink()
    postern.config_path.mkdir()
    eventually(lambda: status(postern)["fault"], "the fault is told")
    (postern.config_path / "postern.yaml").write_text(text)
    assert postern.get().status == 200
    (postern.config_path / "postern.yaml").unlink()
    postern.config_path.rmdir()
    write(postern, {"guard": {"hosts": ["postern.test"]}})
    eventually(lambda: postern.get(host="postern.test").status == 200, "the file is read again")
    assert status(postern)["fault"] is None


@pytest.mark.parametrize("which", ["the file", "a secret's file"])
def test_a_pipe_in_its_place_is_a_fault_and_nobody_waits_for_it(start, upstream, folder, which):
    secret = folder / "secret"
    secret.write_text("confidential")
    postern = start(upstream, config={"client": {"id": "app", "secret_file": str(secret)}})
    path = postern.config_path if which == "the file" else secret
    path.unlink()
    os.mkfifo(path)
    postern.signal(signal.SIGHUP)
    fault = eventually(lambda: status(postern)["fault"], "the fault is told")
    assert f"{path} is a pipe" in fault
    path.unlink()
    secret.write_text("confidential")
    assert reload(postern, {"guard": {"hosts": ["postern.test"]}})["fault"] is None
    assert postern.get(host="postern.test").status == 200
    assert postern.stop(5) == 0


def test_what_came_out_of_a_pipe_is_read_once(start, upstream):
    postern = start(upstream, wrapper=["bash", "-c", 'exec "$1" "$2" "$3" <(cat "$4")', "bash"])
    stays_true(lambda: status(postern)["refusals"] == 0, "nobody reads it again", seconds=3)
    postern.signal(signal.SIGHUP)
    assert "read once" in logged(postern, "configuration_refused")[0]["fault"]
    assert postern.get().status == 200


def test_half_a_file_read_by_a_signal_is_read_again_when_it_is_whole(postern):
    text = json.dumps(merge(postern.config, {"guard": {"hosts": ["postern.test"]}}))
    assert reload(postern, text=text[:len(text) // 2])["refusals"] == 1
    with open(postern.config_path, "a") as file:
        file.write(text[len(text) // 2:])
    eventually(lambda: postern.get(host="postern.test").status == 200, "it is read without a signal")
    assert status(postern)["fault"] is None


def test_of_many_signals_at_once_the_last_file_holds(postern):
    for turn in range(30):
        write(postern, {"drain": {"timeout": f"{turn + 1}s"},
                        "guard": {"hosts": ["postern.test"] if turn == 29 else []}})
        postern.signal(signal.SIGHUP)
    eventually(lambda: postern.get(host="postern.test").status == 200, "the last one holds")
    stays_true(lambda: postern.get(host="postern.test").status == 200, "and stays", seconds=2.5)
    assert status(postern)["refusals"] == 0
    assert total(postern, "postern_configuration_loads_total", outcome="loaded") >= 1


def test_who_is_ending_loads_nothing(start, upstream):
    postern = start(upstream)
    go = threading.Event()
    upstream.on("/api/0/slow/", lambda x: x.wait(go).ok(b"finished"))
    with postern.client() as client:
        client.send(format_request(target="/api/0/slow/"))
        upstream.wait_for("/api/0/slow/")
        postern.signal(signal.SIGTERM)
        postern.eventually_logs('"draining"')
        write(postern, {"drain": {"timeout": "0s"}})
        for _ in range(3):
            postern.signal(signal.SIGHUP)
        assert fetch(postern.admin_port, target="/livez").status == 200
        go.set()
        assert client.read().body == b"finished"
    assert postern.wait(5) == 0
    assert "configuration_loaded" not in postern.log


def test_a_refresh_under_way_is_finished(sandbox, serve):
    postern = serve({"client": CLIENT})
    import_new_grant(sandbox, postern.config_path)
    before = stored(postern)["generation"]
    postern.eventually_logs(f'"detail":"generation {before}"')
    sandbox.control("latency", {"path": "/oauth/token/", "ms": 1500})
    sandbox.control("expire", {})
    answers = []
    caller = threading.Thread(target=lambda: answers.append(postern.get(ECHO)))
    caller.start()
    eventually(lambda: total(postern, "postern_grant_state", state="refreshing") == 1, "it refreshes")
    for turn in range(3):
        reload(postern, {"refresh": {"floor": f"{turn + 20}s", "max_wait": f"{turn + 15}s"},
                         "limits": {"enabled": turn == 1}, "upstream": {"connect_timeout": "4s"}})
    caller.join(bound(20))
    assert answers[0].status == 200, answers[0].body
    assert stored(postern)["generation"] == before + 1
    assert fetch(postern.admin_port, target="/livez").status == 200
    assert status(postern)["loads"] == 3


def test_under_load_a_hundred_reloads_lose_nothing(start, upstream):
    upstream.default = lambda x: x.ok(x.request.target.encode())
    postern = start(upstream, config={"log": {"level": "error"}})
    port, answered, lost, stop = postern.port, [], [], threading.Event()

    def work(worker):
        with postern.client() as kept:
            turn = 0
            while not stop.is_set():
                turn += 1
                target = f"/api/0/{worker}/{turn}/"
                try:
                    fresh = turn % 10 == 0
                    answer = fetch(port, target=target) if fresh else kept.request(target=target)
                    good = answer.status == 200 and answer.body == target.encode()
                    (answered if good else lost).append((target, answer.status, answer.body))
                except (OSError, Truncated) as error:
                    lost.append((target, repr(error)))
                    return

    workers = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    for worker in workers:
        worker.start()
    for turn in range(100):
        reload(postern, {"limits": {"max_wait": f"{10 + turn}s", "enabled": turn % 4 != 3},
                         "cache": {"enabled": turn % 3 == 1},
                         "upstream": {"max_connections": 10 + turn},
                         "policy": {"dry_run": turn % 2 == 0, "access": "read-only"}})
    stop.set()
    for worker in workers:
        worker.join(bound(20))
    assert lost == []
    assert len(answered) > 200
    done = status(postern)
    assert (done["loads"], done["refusals"]) == (100, 0)
    assert fetch(postern.admin_port, target="/livez").status == 200


def test_a_request_under_way_is_not_touched(postern, upstream):
    go = threading.Event()
    upstream.on("/api/0/slow/", lambda x: x.wait(go).ok(b"finished"))
    with postern.client() as client:
        client.send(format_request(target="/api/0/slow/"))
        upstream.wait_for("/api/0/slow/")
        rules = [{"effect": "deny", "methods": ["GET"]}]
        reload(postern, {"policy": {"rules": rules}, "upstream": {"max_connections": 1}})
        assert postern.get().status == 403
        go.set()
        assert client.read().body == b"finished"


def test_the_end_of_its_terminal_is_no_reload_but_the_end(start, upstream):
    master, slave = os.openpty()
    # Who leads a session without a terminal gets the first one that it opens.
    wrapper = ["sh", "-c", 'exec 3<>"$0"; exec "$@"', os.ttyname(slave)]
    postern = start(upstream, wrapper=wrapper)
    os.close(slave)
    assert postern.get().status == 200
    os.close(master)
    assert postern.wait(5) == 0
    assert "draining" in postern.log
