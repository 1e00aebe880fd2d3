"""Waiting for Sentry's rate limits, with the real programs: the sandbox's limiter says no."""

import json
import signal
import socket
import time

from support.crowd import Ask, crowd
from support.sandboxed import ECHO
from support.waiting import eventually


def rejected(sandbox):
    """Calls that the sandbox's limiter has turned away."""
    return sum(sandbox.control("state")["rejected"].values())


def statuses(answers):
    return {status: sum(a.status == status for a in answers) for status in {a.status for a in answers}}


def test_five_hundred_at_once_from_fifty_clients_are_all_served(sandbox, serve):
    sandbox.control("limits", {"requests": 40, "window": 1, "concurrent": 25,
                               "enforce_concurrency": 1})
    postern = serve()
    asks = [Ask(headers={"X-Postern-Client": f"client-{i % 50}"}) for i in range(500)]
    start = time.monotonic()
    answers = crowd(postern.port, asks)
    took = time.monotonic() - start
    turned_away = rejected(sandbox)
    print(f"\n{took:.1f} s, {turned_away} calls turned away by the sandbox")
    assert statuses(answers) == {200: 500}
    assert turned_away <= 5
    assert took <= 16
    # Fair: no client has waited for all the others.
    firsts = [min(a.at for a in answers[i::50]) - start for i in range(50)]
    assert max(firsts) <= 5, firsts
    assert max(a.queued() for a in answers) > 5
    postern.stop()
    assert [line["status"] for line in postern.access_lines()] == [200] * 500
    (said,) = [line for line in map(json.loads, postern.log.splitlines())
               if line["event"] == "limit_reached"]
    assert (said["level"], said["limit"]) == ("warn", 40) and said["wait_ms"] >= 1000


def test_the_urgent_overtake_those_who_wait(sandbox, serve):
    sandbox.control("limits", {"requests": 10, "window": 1})
    postern = serve()
    asks = [Ask(headers={"Priority": "u=7"}) for _ in range(40)]
    asks += [Ask(headers={"Priority": "u=0"}, after=0.7) for _ in range(10)]
    answers = crowd(postern.port, asks)
    assert statuses(answers) == {200: 50}
    late, urgent = sorted(a.at for a in answers[:40]), [a.at for a in answers[40:]]
    assert max(urgent) < late[-10], "ten of the late ones came after the last urgent one"


def test_who_cannot_be_served_in_time_is_told_at_once(sandbox, serve):
    sandbox.control("limits", {"requests": 5, "window": 1})
    postern = serve()
    asks = [Ask() for _ in range(40)]
    hasty = [Ask(headers={"X-Postern-Max-Wait": "1s"}, after=1.5),
             Ask(headers={"Prefer": "wait=1"}, after=1.5)]
    answers = crowd(postern.port, asks + hasty)
    assert statuses(answers[:40]) == {200: 40}
    for answer in answers[40:]:
        assert answer.status == 429
        assert answer.seconds < 0.5
        assert answer.problem["code"] == "rate_limited"
        assert 1 <= int(answer.fields["retry-after"]) <= 10
        assert answer.fields["x-postern-generated"] == "1"


def test_a_request_that_a_limit_turned_away_is_made_again_unseen(sandbox, serve):
    sandbox.control("limits", {"requests": 10, "window": 1})
    postern = serve()
    assert postern.get(ECHO).status == 200
    sandbox.control("limits", {"requests": 2, "window": 1})  # which Postern cannot know
    sandbox.control("latency", {"path": ECHO, "ms": 200})  # and is not told before it has sent more
    answers = crowd(postern.port, [Ask() for _ in range(8)])
    assert statuses(answers) == {200: 8}
    turned_away = rejected(sandbox)
    assert turned_away > 0, "the test shows nothing"
    again = [a for a in answers if "x-postern-attempts" in a.fields]
    assert sum(int(a.fields["x-postern-attempts"]) - 1 for a in again) == turned_away
    postern.stop()
    assert sum(line.get("limited", 0) for line in postern.access_lines()) == turned_away


def test_a_search_429_is_passed_on_after_a_few_tries(sandbox, serve):
    postern = serve()
    sandbox.control("answer", {"path": ECHO, "kind": "snuba", "count": 10})
    answer = postern.get(ECHO)
    assert answer.status == 429
    assert b"smaller date range" in answer.body
    assert answer.fields.get("Retry-After") == "1"
    assert answer.fields.get("X-Postern-Attempts") == "3"
    assert "X-Postern-Generated" not in answer.fields


def test_without_a_limiter_nobody_waits(start, upstream):
    postern = start(upstream)
    answers = crowd(postern.port, [Ask("/api/0/")])
    answers += crowd(postern.port, [Ask("/api/0/") for _ in range(30)])
    assert statuses(answers) == {200: 31}
    for _ in range(20):
        answers = crowd(postern.port, [Ask("/api/0/")])
        assert answers[0].queued() < 0.05


def test_switched_off_a_429_passes_through(sandbox, serve):
    sandbox.control("limits", {"requests": 1, "window": 3600})
    postern = serve({"limits": {"enabled": False}})
    assert postern.get(ECHO).status == 200
    answer = postern.get(ECHO)
    assert answer.status == 429
    assert b"too frequently" in answer.body
    assert "Retry-After" not in answer.fields
    assert "X-Postern-Attempts" not in answer.fields


def test_clients_that_leave_give_their_places_free(sandbox, serve):
    sandbox.control("limits", {"requests": 5, "window": 1})
    postern = serve()
    assert postern.get(ECHO).status == 200
    leaving = []
    for _ in range(60):
        client = socket.create_connection(("127.0.0.1", postern.port))
        client.sendall(f"GET {ECHO} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        leaving.append(client)
    time.sleep(0.3)  # they stand in line by now
    for client in leaving:
        client.close()
    eventually(lambda: sum(e.get("status") == 0 for e in postern.access_lines()) >= 40,
               "most have left before their turn")
    start = time.monotonic()
    assert postern.get(ECHO).status == 200
    assert time.monotonic() - start < 4, "it did not wait behind those who have gone"
    assert sandbox.control("state")["requests"] < 30


def test_a_full_queue_is_said_at_once(sandbox, serve):
    sandbox.control("limits", {"requests": 5, "window": 1})
    postern = serve({"limits": {"max_queue": 10, "bucket_share": "100%"}})
    answers = crowd(postern.port, [Ask() for _ in range(40)])
    counts = statuses(answers)
    assert counts[200] >= 10 and counts[503] >= 20 and len(counts) == 2, counts
    for answer in answers:
        if answer.status == 503:
            assert answer.problem["code"] == "queue_full"
            assert answer.seconds < 1 and int(answer.fields["retry-after"]) >= 1


def test_who_waits_is_still_served_after_sigterm(sandbox, serve):
    sandbox.control("limits", {"requests": 5, "window": 1})
    postern = serve({"drain": {"timeout": "20s"}})
    answers = crowd(postern.port, [Ask() for _ in range(20)],
                    meanwhile=(0.5, lambda: postern.signal(signal.SIGTERM)))
    assert statuses(answers) == {200: 20}
    assert max(a.queued() for a in answers) > 1
    assert postern.wait() == 0


def test_who_still_waits_when_the_drain_is_over_is_told_so(sandbox, serve):
    sandbox.control("limits", {"requests": 5, "window": 1})
    postern = serve({"drain": {"timeout": "1s"}})
    answers = crowd(postern.port, [Ask() for _ in range(60)],
                    meanwhile=(0.5, lambda: postern.signal(signal.SIGTERM)))
    counts = statuses(answers)
    assert counts[503] >= 10, counts
    assert counts[200] + counts[503] >= 55, "but for what was being answered just then"
    assert {a.problem["code"] for a in answers if a.status == 503} == {"draining"}
    assert postern.wait() == 0


def test_nonsense_in_a_field_of_posterns_own_is_said(start, upstream):
    answer = start(upstream).get("/api/0/", headers=[("X-Postern-Max-Wait", "soon")])
    assert answer.status == 400
    assert "X-Postern-Max-Wait" in json.loads(answer.body)["detail"]
