"""Commands to one real redis-server: what is asked, who may, and over what."""

import os
from pathlib import Path

import pytest

SECRET = "hunter2-c0ffee"


def write_secret(folder, text=SECRET + "\n"):
    path = folder / "password"
    path.write_text(text)
    return path


# --- commands ---------------------------------------------------------------------------------------


def test_each_kind_of_reply(redis, probe):
    p = probe(url=redis.url)
    assert p.call("SET", "k", "välue")["reply"] == "OK"
    assert p.call("GET", "k")["reply"] == "välue"
    assert p.call("GET", "none")["reply"] is None
    assert p.call("INCR", "n")["reply"] == 1
    assert p.call("MGET", "k", "none")["reply"] == ["välue", None]
    assert p.call("EVAL", "return {1,{2,'x'}}", "0")["reply"] == [1, [2, "x"]]


def test_an_error_about_the_command_is_a_reply(redis, probe):
    p = probe(url=redis.url)
    p.call("SET", "k", "v")
    assert p.call("HGETALL", "k")["reply"]["error"].startswith("WRONGTYPE")
    assert p.call("NOSUCH")["reply"]["error"].startswith("ERR")
    script = "return redis.call('HGETALL', KEYS[1])"
    assert "WRONGTYPE" in p.call("EVAL", script, "1", "k")["reply"]["error"]
    assert p.call("GET", "k")["reply"] == "v"


def test_a_large_value(redis, probe):
    p = probe(url=redis.url)
    redis.ask("SET", "k", "x" * 1_000_000)
    assert p.call("STRLEN", "k")["reply"] == 1_000_000
    assert p.call("GET", "k")["reply"] == "x" * 1_000_000
    redis.ask("SET", "k", "x" * 5_000_000)
    failure = p.call("GET", "k")
    assert "larger than any" in failure["failure"]
    assert p.eventually_replies("PING") == "PONG"


def test_many_at_once_are_answered_in_order_over_one_connection(redis, probe):
    p = probe(url=redis.url)
    p.say("burst", "t", 2000, "INCR", "n")
    assert [p.next()["reply"] for _ in range(2000)] == list(range(1, 2001))
    assert sum("name=postern" in line for line in redis.ask("CLIENT", "LIST").splitlines()) == 1


def test_too_many_at_once_are_refused_and_not_lost(redis, probe):
    p = probe(url=redis.url)
    p.say("burst", "t", 6000, "INCR", "n")
    said = [p.next() for _ in range(6000)]
    refused = [one for one in said if "failure" in one]
    assert len(refused) == 6000 - 4096
    assert {one["fate"] for one in refused} == {"not"}
    assert "behind" in refused[0]["failure"]
    assert redis.ask("GET", "n") == "4096"


def test_the_database_of_the_url(start, probe):
    redis = start()
    probe(url=redis.url + "/5").call("SET", "k", "v")
    assert redis.ask("DBSIZE") == 0
    failure = probe(url=redis.url + "/99").call("PING")
    assert "no database 99" in failure["failure"] and failure["fate"] == "not"


def test_a_unix_socket(redis, probe):
    p = probe(url=f"unix://{redis.socket_path}?db=2")
    assert p.call("SET", "k", "v")["reply"] == "OK"
    assert probe(url=f"unix://{redis.socket_path}").call("GET", "k")["reply"] is None
    failure = probe(url="unix:///nowhere/r.sock").call("PING")
    assert "cannot reach unix:///nowhere/r.sock: No such file" in failure["failure"]


def test_wait_counts_replicas_on_the_connection_of_the_write(redis, start, probe):
    start(f"replicaof 127.0.0.1 {redis.port}")
    p = probe(url=redis.url)
    p.eventually_replies("SET", "k", "v")
    for _ in range(200):
        p.call("SET", "k", "v")
        if p.wait("k", 1, 200)["reply"] == 1:
            break
    else:
        raise AssertionError("the replica never has the write")


def test_wait_on_another_connection_than_the_write_fails(redis, probe):
    p = probe(url=redis.url)
    assert "lost behind the write" in p.wait("k", 0, 100)["failure"]
    assert p.call("SET", "k", "v")["reply"] == "OK"
    assert p.wait("k", 0, 100)["reply"] == 0
    redis.ask("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    assert "lost behind the write" in p.wait("k", 0, 100)["failure"]


# --- passwords --------------------------------------------------------------------------------------


def test_a_password(start, probe, folder):
    redis = start(password=SECRET)
    p = probe(url=redis.url, password_file=write_secret(folder))
    assert p.call("PING")["reply"] == "PONG"


def test_a_wrong_password_is_told_and_not_shown(start, probe, folder):
    redis = start(password="another")
    path = write_secret(folder)
    failure = probe(url=redis.url, password_file=path).call("PING")
    assert f"refuses the password in {path}" in failure["failure"]
    assert failure["fate"] == "not" and SECRET not in failure["failure"]


def test_a_password_is_missing(start, probe):
    failure = probe(url=start(password=SECRET).url).call("PING")
    assert "store.redis.password_file" in failure["failure"] and failure["fate"] == "not"


def test_a_password_that_nobody_asks_for(redis, probe, folder):
    failure = probe(url=redis.url, password_file=write_secret(folder)).call("PING")
    assert "it has no password, but one is configured" in failure["failure"]


def test_the_password_file_is_read_again(start, probe, folder):
    redis = start(password=SECRET)
    path = write_secret(folder, "old\n")
    p = probe(url=redis.url, password_file=path)
    assert "refuses" in p.call("PING")["failure"]
    path.write_text(SECRET)
    assert p.eventually_replies("PING") == "PONG"


@pytest.mark.parametrize("text", ["", "\nx"])
def test_an_empty_password_file_is_told_at_once(folder, probe, text):
    p = probe(url="redis://h", password_file=write_secret(folder, text))
    assert "holds no password" in p.first["refused"]


def test_a_missing_password_file_is_told_at_once(probe):
    p = probe(url="redis://h", password_file="/nowhere/p")
    assert "cannot read /nowhere/p: No such file" in p.first["refused"]


def test_a_user_of_the_acl(start, probe, folder):
    redis = start(f"user postern on >{SECRET} ~postern:* +@all -@dangerous")
    p = probe(url=redis.url.replace("://", "://postern@"), password_file=write_secret(folder))
    assert p.call("SET", "postern:a", "v")["reply"] == "OK"
    failure = p.call("SET", "other", "v")
    assert failure["fate"] == "not" and "the user postern the keys postern:*: it needs" in failure["failure"]
    failure = p.call("FLUSHALL")
    assert failure["fate"] == "not" and "the user postern the command FLUSHALL" in failure["failure"]
    wrong = probe(url=redis.url, user="nobody", password_file=folder / "password").call("PING")
    assert "for the user nobody" in wrong["failure"]


def test_no_secret_in_the_list_of_processes(start, probe, folder):
    redis = start(password=SECRET)
    p = probe(url=redis.url, password_file=write_secret(folder))
    p.call("PING")
    for name in ("cmdline", "environ"):
        with open(f"/proc/{p.process.pid}/{name}", "rb") as file:
            assert SECRET.encode() not in file.read()


# --- TLS --------------------------------------------------------------------------------------------


@pytest.fixture
def tls(start, authority):
    cert, key = authority.server()
    redis = start("port 0", "tls-port 0", f"tls-cert-file {cert}", f"tls-key-file {key}",
                  f"tls-ca-cert-file {authority.cert}")
    redis.ask("CONFIG", "SET", "tls-port", redis.port)
    return redis


def test_tls_with_a_client_certificate(tls, probe, authority):
    cert, key = authority.server("client", usage="clientAuth", cn="postern")
    p = probe(url=f"rediss://localhost:{tls.port}", ca_file=authority.cert, certificate_file=cert, key_file=key)
    assert p.call("SET", "k", "x" * 50_000)["reply"] == "OK"
    assert p.call("GET", "k")["reply"] == "x" * 50_000
    p.say("burst", "t", 500, "INCR", "n")
    assert [p.next()["reply"] for _ in range(500)] == list(range(1, 501))


def test_tls_without_the_client_certificate_it_asks_for(tls, probe, authority):
    failure = probe(url=f"rediss://localhost:{tls.port}", ca_file=authority.cert).call("PING")
    assert failure["fate"] == "not" and "certificate" in failure["failure"]


def test_tls_to_a_server_that_nobody_vouches_for(tls, probe, folder):
    from support.pki import Authority
    other = Authority(folder / "other", "another authority")
    failure = probe(url=f"rediss://localhost:{tls.port}", ca_file=other.cert).call("PING")
    assert "certificate verify failed" in failure["failure"] and failure["fate"] == "not"


def test_tls_to_a_server_of_another_name(start, probe, authority):
    cert, key = authority.server("other-name", names="DNS:redis.example")
    redis = start("port 0", f"tls-cert-file {cert}", f"tls-key-file {key}", "tls-auth-clients no",
                  f"tls-ca-cert-file {authority.cert}")
    redis.ask("CONFIG", "SET", "tls-port", redis.port)
    failure = probe(url=f"rediss://localhost:{redis.port}", ca_file=authority.cert).call("PING")
    assert "hostname mismatch" in failure["failure"].lower()


def test_the_files_of_tls_are_read_again(tls, probe, authority, folder):
    from support.pki import Authority
    cert, key = authority.server("client", usage="clientAuth", cn="postern")
    trusted = folder / "ca.pem"
    trusted.write_bytes(Path(Authority(folder / "other", "another authority").cert).read_bytes())
    p = probe(url=f"rediss://localhost:{tls.port}", ca_file=trusted, certificate_file=cert, key_file=key)
    assert "certificate verify failed" in p.call("PING")["failure"]
    trusted.write_bytes(Path(authority.cert).read_bytes())
    assert p.eventually_replies("PING") == "PONG"


def test_plain_where_tls_is_spoken(tls, probe):
    failure = probe(url=f"redis://localhost:{tls.port}").call("PING")
    assert failure["fate"] == "not" and "rediss://" in failure["failure"]


def test_tls_where_plain_is_spoken(redis, probe, authority):
    failure = probe(url=f"rediss://localhost:{redis.port}", ca_file=authority.cert, connect_timeout_ms=500).call("PING")
    assert failure["fate"] == "not" and "TLS" in failure["failure"]


def test_files_that_cannot_be_used_are_told_at_once(probe, authority, folder):
    cert, key = authority.server("client", usage="clientAuth", cn="postern")
    other_key = authority.server()[1]
    first = probe(url="rediss://h", ca_file="/nowhere/ca").first
    assert "/nowhere/ca: no such file" in first["refused"]
    first = probe(url="rediss://h", certificate_file=cert, key_file="/nowhere/key").first
    assert "cannot load the key from /nowhere/key: no such file" in first["refused"]
    first = probe(url="rediss://h", certificate_file=cert, key_file=other_key).first
    assert "does not belong to the certificate" in first["refused"]
    sealed = folder / "sealed.key"
    os.system(f"openssl ec -in {key} -out {sealed} -aes128 -passout pass:x 2>/dev/null")
    assert "cannot load the key" in probe(url="rediss://h", certificate_file=cert, key_file=sealed).first["refused"]
