"""Every request case over TLS, whole and one byte in a record: where records end changes nothing."""

import pytest
import workers
from exchange import run_request_case
from support.processes import TOKEN, has_binary
from support.tls_client import context_for

CASES = workers.load("http1-requests.json")


def config(authority):
    certificate, key = authority.server()
    return {"log": {"level": "warn", "access": False},
            "listen": [{"address": "127.0.0.1:0", "tls": {"certificate_file": certificate, "key_file": key}}]}


def run(case, postern, upstream):
    return run_request_case(case, postern, upstream, TOKEN, tls=context_for(postern.config["sentry"]["ca_file"]))


@pytest.fixture(scope="module")
def outcome():
    if not has_binary():
        pytest.skip("no postern")
    return workers.run_all(CASES, run, config)


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["id"])
def test_request(case, outcome):
    complaints = outcome[case["id"]]
    assert not complaints, (f"{case['id']} {case['name']} ({case['rfc']}): {case['why']}\n" +
                            "\n".join(f"  {how}: {what}" for how, what in complaints[:10]))
