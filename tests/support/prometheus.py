"""A Prometheus of its own, and what a query is made of."""

import json
import re
import urllib.parse
import urllib.request

from .processes import Process
from .waiting import bound, eventually

LISTENING = re.compile(r'msg="Listening on" address=127\.0\.0\.1:(\d+)')
STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
SELECTOR = re.compile(r"\{([^}]*)\}")
METRIC = re.compile(r"\b(?:up|(?:postern|process)_[a-z_]+)\b")
GROUPING = re.compile(r"\b(?:by|without|ignoring|on|group_left|group_right) *\(([^)]*)\)")
CHOICE = re.compile(r'(\w+)(?:=~?|!=)"(\w+(?:\|\w+)*)"')
COMPARISON = re.compile(r" (?:==|!=|>=?|<=?) -?[\d.]+")


class Prometheus(Process):
    """Scrapes the given "host:port" each second as the job `postern`; keeps all in its folder."""

    def __init__(self, folder, targets):
        folder.mkdir(parents=True, exist_ok=True)
        configuration = folder / "prometheus.yml"
        configuration.write_text(json.dumps({
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s"},
            "scrape_configs": [{"job_name": "postern", "static_configs": [{"targets": targets}]}],
        }))
        super().__init__(["prometheus", f"--config.file={configuration}",
                          f"--storage.tsdb.path={folder / 'data'}",
                          "--web.listen-address=127.0.0.1:0"], folder)
        found = eventually(lambda: LISTENING.search(self.log), "prometheus listens", 20)
        self.port = int(found[1])
        eventually(lambda: "Server is ready" in self.log, "prometheus is ready", 20)

    def query(self, expression):
        """[(labels, value)] of an instant query, now."""
        words = urllib.parse.urlencode({"query": expression})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://127.0.0.1:{self.port}/api/v1/query?{words}", timeout=bound(10)) as answer:
            result = json.load(answer)["data"]["result"]
        return [(one["metric"], float(one["value"][1])) for one in result]


def without_strings(query):
    return STRING.sub('""', query)


def metrics_of(query):
    """The names of the metrics that a query asks for."""
    bare = GROUPING.sub("", SELECTOR.sub("", without_strings(query)))
    return set(METRIC.findall(bare))


def labels_of(query):
    """The labels that a query selects by, groups by or sums over."""
    bare = without_strings(query)
    lists = [re.sub(r'[=!~]+""', "", inside) for inside in SELECTOR.findall(bare)]
    lists += GROUPING.findall(bare)
    return {name.strip() for inside in lists for name in inside.split(",")} - {""}


def values_of(query):
    """{(label, value)} of all that a query selects by plain words."""
    return {(label, value) for label, values in CHOICE.findall(query) for value in values.split("|")}


def without_comparisons(query):
    """The same query, of all series: not only of those where an alert's condition holds."""
    return COMPARISON.sub("", query)
