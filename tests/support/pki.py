"""Certificates for tests, made with the `openssl` command: one good authority and the bad kinds."""

import os
import ssl
import subprocess
from pathlib import Path


class Authority:
    """A certificate authority in `folder`; hands out server certificates and caches them."""

    def __init__(self, folder, name="Postern test authority"):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.cert = self.folder / "ca.pem"
        self.key = self.folder / "ca.key"
        self._made = {}
        _openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                 "-nodes", "-keyout", self.key, "-out", self.cert, "-days", "3650",
                 "-subj", f"/CN={name}", "-addext", "basicConstraints=critical,CA:TRUE",
                 "-addext", "keyUsage=critical,keyCertSign,cRLSign")

    def server(self, label="good", names="DNS:localhost,IP:127.0.0.1,IP:::1", cn="localhost",
               usage="serverAuth", key="ec", digest="sha256", start=None, end=None, signed=True):
        """(certificate file, key file). `names`: subjectAltName, "" for none; `start`, `end` as
        YYYYMMDDHHMMSSZ; not `signed`: the certificate signs itself."""
        if label in self._made:
            return self._made[label]
        base = self.folder / label
        cert, keyfile, request = base.with_suffix(".pem"), base.with_suffix(".key"), f"{base}.csr"
        algorithm = {"ec": ("ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
                     "rsa1024": ("rsa:1024",)}[key]
        _openssl("req", "-newkey", *algorithm, "-nodes", "-keyout", keyfile, "-out", request,
                 "-subj", f"/CN={cn}")
        extensions = [f"extendedKeyUsage={usage}", "basicConstraints=CA:FALSE"]
        if names:
            extensions.append(f"subjectAltName={names}")
        config = Path(f"{base}.cnf")
        work = Path(f"{base}.ca")
        work.mkdir(exist_ok=True)
        (work / "index.txt").write_text("")
        (work / "index.txt.attr").write_text("unique_subject = no\n")
        config.write_text("\n".join([
            "[ca]", "default_ca=here", "[here]", f"new_certs_dir={work}",
            f"database={work}/index.txt", f"certificate={self.cert}", f"private_key={self.key}",
            "policy=any", "rand_serial=yes", "email_in_dn=no", "[any]", "commonName=supplied",
            "[leaf]", *extensions, ""]))
        args = ["ca", "-batch", "-notext", "-config", config, "-extensions", "leaf", "-in", request,
                "-out", cert, "-md", digest,
                "-startdate", start or "20200101000000Z", "-enddate", end or "20991231000000Z"]
        if not signed:
            args += ["-selfsign", "-keyfile", keyfile]
        _openssl(*args)
        self._made[label] = (str(cert), str(keyfile))
        return self._made[label]

    def server_context(self, certificate=None, minimum=None, maximum=None, alpn=("http/1.1",)):
        """A server-side SSLContext. Session tickets are on, as with any real server."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*(certificate or self.server()))
        if alpn:
            context.set_alpn_protocols(list(alpn))
        if maximum is not None:
            if maximum < ssl.TLSVersion.TLSv1_2:
                context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = minimum or ssl.TLSVersion.MINIMUM_SUPPORTED
            context.maximum_version = maximum
        return context

    def client_context(self):
        """A verifying client's context that, unlike Python's default, notices a missing
        close_notify."""
        context = ssl.create_default_context(cafile=str(self.cert))
        context.options &= ~0x80  # SSL_OP_IGNORE_UNEXPECTED_EOF
        return context


def _openssl(*args):
    env = dict(os.environ, OPENSSL_CONF="/dev/null") if args[0] == "ca" else os.environ
    done = subprocess.run(["openssl", *map(str, args)], capture_output=True, text=True, env=env,
                          timeout=60, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"openssl {args[0]} failed: {done.stderr.strip()}")
