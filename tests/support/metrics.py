"""What /metrics says."""

import re

from .http_wire import fetch

SERIES = re.compile(r"([a-z_]+)(?:\{(.*)\})? (\S+)")
LABEL = re.compile(r'([a-z_]+)="((?:[^"\\]|\\.)*)"')


def scrape(postern):
    answer = fetch(postern.admin_port, target="/metrics")
    assert answer.status == 200
    return answer.body.decode()


def series(postern):
    """[(name, labels, value)] of a scrape."""
    found = []
    for line in scrape(postern).splitlines():
        if not line.startswith("#"):
            name, labels, value = SERIES.fullmatch(line).groups()
            found.append((name, dict(LABEL.findall(labels or "")), float(value)))
    return found


def total(postern, name, **labels):
    """Sum of the series of that name with these labels among theirs."""
    return sum(value for found, having, value in series(postern)
               if found == name and labels.items() <= having.items())
