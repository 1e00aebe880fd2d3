"""A certificate authority and a server certificate for localhost, made anew for each run."""

import subprocess

from support.errors import BenchError

LEAF = """subjectAltName=DNS:localhost,IP:127.0.0.1
basicConstraints=critical,CA:FALSE
extendedKeyUsage=serverAuth,clientAuth
"""


class Certificates:
    """Paths of PEM files: `ca` to trust, `chain` and `key` for the server, and for a caller that is
    asked for a certificate."""

    def __init__(self, folder):
        self.ca = folder / "ca.pem"
        self.chain = folder / "server.pem"
        self.key = folder / "server.key"
        self._folder = folder
        self._make()

    def _openssl(self, *args):
        done = subprocess.run(
            ["openssl", *map(str, args)], cwd=self._folder, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise BenchError(f"openssl {args[0]} failed: {done.stderr.strip()}")

    def _make(self):
        # RSA 2048, as sentry.io and most of the web serve it: the handshake's price is part of
        # what bench/burst measures.
        self._openssl(
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", 2, "-subj", "/CN=bench CA",
            "-addext", "keyUsage=critical,keyCertSign", "-keyout", "ca.key", "-out", self.ca,
        )  # fmt: skip
        self._openssl(
            "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost",
            "-keyout", self.key, "-out", "server.csr",
        )  # fmt: skip
        (self._folder / "leaf.ext").write_text(LEAF, encoding="utf-8")
        self._openssl(
            "x509", "-req", "-in", "server.csr", "-CA", self.ca, "-CAkey", "ca.key",
            "-set_serial", 2, "-days", 2, "-extfile", "leaf.ext", "-out", self.chain,
        )  # fmt: skip
