"""What is measured beside the proxies although it does less than they: below it nobody can go."""

import http.client
import ssl

from support import templates
from support.backend import TOKEN
from support.proxies import Haproxy, Proxy


class HaproxyTcp(Haproxy):
    """Carries bytes into TLS. The token is the caller's."""

    name = "haproxy-tcp"
    authorization = f"Bearer {TOKEN}"

    def prepare(self):
        text = templates.render(
            "haproxy-tcp.cfg", port=self.port, upstream=self.upstream_port, ca=self.ca_file
        )
        return ["haproxy", "-db", "-f", str(self.workspace.write(f"{self.name}.cfg", text))]


class Direct(Proxy):
    """No proxy: the caller speaks TLS to the upstream itself, and has the token."""

    name = "direct"
    authorization = f"Bearer {TOKEN}"
    is_process = False

    def __init__(self, workspace, upstream_port, ca_file):
        super().__init__(workspace, upstream_port, ca_file)
        self.port = upstream_port
        self.url = f"https://localhost:{self.port}"

    def start(self, wrap=(), env=None, seconds=10.0):
        return self

    def connection(self, timeout):
        trust = ssl.create_default_context(cafile=str(self.ca_file))
        return http.client.HTTPSConnection("localhost", self.port, context=trust, timeout=timeout)

    def pids(self):
        return []


FLOORS = {kind.name: kind for kind in (HaproxyTcp, Direct)}
