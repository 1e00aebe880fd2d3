"""The listener for probes alone, and what turns the probes red."""

import shutil
import signal
import subprocess
import time

import pytest
from support.http_wire import fetch
from support.processes import is_sanitized
from support.waiting import eventually

CONFIG = {"probes": {"listen": "127.0.0.2:0"}}


def probes_port(postern):
    def told():
        return [e["address"] for e in postern.log_entries() if e.get("event") == "probes_listening"]
    return int(eventually(told, "the probes listener is told")[0].rpartition(":")[2])


def ask(postern, target, method="GET", host="localhost", body=None, headers=()):
    return fetch(("127.0.0.2", probes_port(postern)), method, target, headers, body, host)


def admin(postern, target):
    return fetch(postern.admin_port, target=target)


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/startupz", "/metrics"])
def test_probes_and_metrics_are_there(start, upstream, path):
    postern = start(upstream, config=CONFIG)
    assert ask(postern, path).status == 200
    assert ask(postern, path, "POST", body=b"").status == 405


def test_nothing_else_is_there_for_whoever_has_the_token(start, upstream):
    postern = start(upstream, config=CONFIG)
    token = (postern.store / "admin.token").read_text().strip()
    bearer = [("Authorization", f"Bearer {token}")]
    for path in ("/", "/api/status", "/api/explain?method=GET&path=/api/0/", "/oauth/callback"):
        assert ask(postern, path, headers=bearer).status == 404, path
    assert ask(postern, "/api/shutdown", "POST", body=b"", headers=bearer).status == 404
    assert postern.is_running


def test_the_address_called_is_a_good_host_and_other_names_are_not(start, upstream):
    postern = start(upstream, config=CONFIG)
    port = probes_port(postern)
    for host in ("127.0.0.2", f"127.0.0.2:{port}"):
        assert ask(postern, "/metrics", host=host).status == 200
    for host in ("127.0.0.3", "evil.example", "127.0.0.2.evil.example"):
        assert ask(postern, "/metrics", host=host).status == 421
    page = [("Origin", "https://evil.example")]
    assert ask(postern, "/metrics", headers=page).status == 403
    assert fetch(postern.admin_port, target="/metrics", host="127.0.0.2").status == 421


def test_it_stands_alone_where_there_is_no_admin_listener(start, upstream):
    postern = start(upstream, config={**CONFIG, "admin": {"listen": "off"}})
    assert ask(postern, "/readyz?verbose").status == 200
    assert not (postern.store / "admin.token").exists()


def test_off_by_default(postern):
    assert "probes_listening" not in postern.log


def test_a_taken_address_is_named_with_the_way_out(start, upstream):
    first = start(upstream, config=CONFIG)
    taken = f"127.0.0.2:{probes_port(first)}"
    second = start(upstream, config={"probes": {"listen": taken}}, wait=False)
    assert second.wait(20) == 1
    assert taken in second.log and "set probes.listen to another address, or to off" in second.log


def test_a_store_that_takes_nothing_is_not_ready(start, upstream):
    postern = start(upstream)
    # A folder of that name can be neither unlinked nor opened for writing, by root either.
    obstacle = postern.store / f".writable.{postern.pid}"
    obstacle.mkdir()
    red = eventually(lambda: (a := admin(postern, "/readyz")).status == 503 and a, "it is seen", 20)
    assert b"[-]store: cannot make " in red.body
    postern.eventually_logs("store_not_writable")
    assert admin(postern, "/livez").status == 200, "starting anew would not help"
    assert postern.get().status == 200, "what there is serves on"
    obstacle.rmdir()
    eventually(lambda: admin(postern, "/readyz").status == 200, "its end is seen", 20)


def test_each_check_is_listed(postern):
    assert admin(postern, "/livez?verbose").body == \
        b"[+]loop ok\n[+]limits ok\n[+]connections ok\nlivez passed\n"
    assert admin(postern, "/readyz?verbose").body == \
        b"[+]draining ok\n[+]grant acme ok\n[+]store ok\nreadyz passed\n"


def stalling(call):
    """A wrapper that makes the loop's thread, and no other, stand still once, later. The program stays
    the child of its test."""
    return ["strace", "-D", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e",
            f"inject={call}:delay_enter=7000000:when=40"]


def test_a_loop_that_stood_still_is_told_while_it_does_and_afterwards(start, upstream):
    if shutil.which("strace") is None:
        pytest.skip("no strace")
    if is_sanitized():
        pytest.skip("LeakSanitizer cannot be traced")
    wrapper = stalling("epoll_wait")
    if subprocess.run([*wrapper, "true"], capture_output=True, timeout=20, check=False).returncode:
        pytest.skip("strace may not trace here")
    postern = start(upstream, config={"admin": {"max_stall": "3s", "timeout": "30s"}},
                    wrapper=wrapper)
    assert admin(postern, "/livez").status == 200
    for _ in range(40):
        if "loop_stalled" in postern.log:
            break
        admin(postern, "/livez")
    postern.eventually_logs("loop_stalled", 20)
    red = admin(postern, "/livez")
    assert red.status == 503 and b"[-]loop: stood still for " in red.body
    assert admin(postern, "/readyz").status == 200, "requests are served again"
    text = admin(postern, "/metrics").body.decode()
    assert "postern_loop_stalls_total 1\n" in text


def test_a_process_that_stood_still_as_a_whole_has_not_stalled(start, upstream):
    postern = start(upstream, config={"admin": {"max_stall": "3s"}})
    assert admin(postern, "/livez").status == 200
    postern.signal(signal.SIGSTOP)
    try:
        time.sleep(6)  # twice the bound; nothing happens meanwhile
    finally:
        postern.signal(signal.SIGCONT)
    end = time.monotonic() + 2.5  # the watchdog looks once a second
    while time.monotonic() < end:
        assert admin(postern, "/livez").status == 200
        time.sleep(0.1)
    assert "postern_loop_stalls_total 0\n" in admin(postern, "/metrics").body.decode()
    postern.stop()
    assert "loop_stalled" not in postern.log
