"""A pretend Kubernetes API server: one Secret and one Lease, with what a client has to get right.

As the real one it has optimistic concurrency (409), watches with bookmarks that can be cut and whose
history is forgotten (410, as a status or as an event), service account tokens that change (401), RBAC with
resourceNames (403), validation (400, 422) and dry runs; and it can be slow, overloaded (429) or broken (5xx).
"""

import base64
import binascii
import copy
import json
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

SECRETS = "secrets"
LEASES = "leases"
PREFIX = {SECRETS: "/api/v1", LEASES: "/apis/coordination.k8s.io/v1"}
GROUP = {SECRETS: "", LEASES: "coordination.k8s.io"}
# What deploy/kubernetes grants.
LEAST_VERBS = {SECRETS: {"get", "patch", "watch"}, LEASES: {"get", "patch"}}
MICRO_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[+-]\d\d:\d\d)")
LONGEST_SECRET = 1024 * 1024


class Told(Exception):
    """An answer with a Status."""

    def __init__(self, code, reason, message, **headers):
        super().__init__(message)
        self.code, self.headers = code, headers
        self.status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
                       "message": message, "reason": reason, "code": code}


def merged(target, patch):
    """JSON Merge Patch, RFC 7386."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def check_secret(found):
    size = 0
    for key, value in (found.get("data") or {}).items():
        if not re.fullmatch(r"[-._a-zA-Z0-9]{1,253}", key) or key.startswith(".."):
            raise Told(422, "Invalid", f'Secret "x" is invalid: data[{key}]: Invalid value')
        try:
            size += len(base64.b64decode(value, validate=True))
        except (binascii.Error, TypeError):
            raise Told(400, "BadRequest", "illegal base64 data at input byte 0") from None
    if size > LONGEST_SECRET:
        raise Told(422, "Invalid", 'Secret "x" is invalid: data: Too long: must have at most 1048576 bytes')


def check_lease(found):
    spec = found.get("spec") or {}
    for name in ("acquireTime", "renewTime"):
        if name in spec and not MICRO_TIME.fullmatch(spec[name]):
            raise Told(400, "BadRequest", f'parsing time "{spec[name]}" as "2006-01-02T15:04:05.000000Z07:00"')
    if not isinstance(spec.get("holderIdentity", ""), str) or spec.get("leaseDurationSeconds", 1) <= 0:
        raise Told(422, "Invalid", "spec.leaseDurationSeconds: Invalid value: must be greater than 0")


class KubernetesApi:
    """Starts at once; `close()` ends it. The account's token is in `token_file`, and may be changed by
    `rotate()`. `fault(verb, kind)` may return a Told, "cut", or a number of seconds to wait before the answer."""

    def __init__(self, authority, folder, namespace="shop", secret="postern-grants", lease="postern-refresh"):
        self.namespace, self.secret_name, self.lease_name = namespace, secret, lease
        self.ca_file = authority.cert
        self.token_file = folder / "token"
        self.lock = threading.Condition()
        self.version = 100
        self.objects = {}
        self.history = []  # (version, kind, event type, object)
        self.forgotten = 0  # versions up to this one are no longer known
        self.gone_as_status = True
        self.tokens = set()
        self.verbs = copy.deepcopy(LEAST_VERBS)
        self.fault = lambda verb, kind: None
        self.asked = []  # (verb, kind, target)
        self.watches = 0
        self.cuts = 0
        self.bookmark_seconds = 1.0
        self.rotate("canary-token-1")
        for kind, name in ((SECRETS, secret), (LEASES, lease)):
            self.create(kind, name)
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(self), bind_and_activate=True)
        self.server.daemon_threads = True
        context = authority.server_context()
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server.server_address[1]
        self.url = f"https://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    # ---- for tests

    def settings(self, **more):
        """What `store.kubernetes` has to say for it."""
        return {"server": self.url, "token_file": str(self.token_file), "ca_file": str(self.ca_file),
                "namespace": self.namespace, **more}

    def arguments(self):
        """The same for a command line."""
        return [word for key, value in self.settings().items() for word in ("--set", f"store.kubernetes.{key}={value}")]

    def rotate(self, token):
        """Kubelet writes another token; from then on the one before is accepted no more."""
        with self.lock:
            self.tokens.add(token)
        fresh = self.token_file.with_suffix(".new")
        fresh.write_text(token)
        fresh.replace(self.token_file)
        with self.lock:
            self.tokens = {token}

    def create(self, kind, name):
        with self.lock:
            version = self._next()
            names = {SECRETS: "Secret", LEASES: "Lease"}
            found = {"kind": names[kind], "apiVersion": PREFIX[kind].removeprefix("/api/").removeprefix("/apis/"),
                     "metadata": {"name": name, "namespace": self.namespace, "resourceVersion": version,
                                  "labels": {"kept": "as-it-is"}}}
            if kind == SECRETS:
                found["type"] = "Opaque"
            self._set(kind, name, found, "ADDED")

    def delete(self, kind):
        with self.lock:
            name = self.secret_name if kind == SECRETS else self.lease_name
            found = self.objects.pop((kind, name))
            found["metadata"]["resourceVersion"] = self._next()
            self._note(kind, "DELETED", found)

    def data(self):
        """The Secret's, decoded."""
        with self.lock:
            found = self.objects.get((SECRETS, self.secret_name)) or {}
            return {key: base64.b64decode(value).decode() for key, value in (found.get("data") or {}).items()}

    def put(self, key, text):
        """Somebody else writes a key; None removes it."""
        value = None if text is None else base64.b64encode(text.encode()).decode()
        self.change(SECRETS, self.secret_name, {"data": {key: value}})

    def lease(self):
        with self.lock:
            return dict(self.objects[(LEASES, self.lease_name)].get("spec") or {})

    def hold_lease(self, holder, seconds=30):
        spec = {"holderIdentity": holder, "leaseDurationSeconds": seconds, "renewTime": "2020-01-01T00:00:00.000000Z"}
        self.change(LEASES, self.lease_name, {"spec": spec})

    def count(self, verb, kind):
        return sum(1 for one in list(self.asked) if one[:2] == (verb, kind))

    def forget_history(self, as_status=True):
        """What was before now is compacted, and all watches end."""
        with self.lock:
            self.forgotten = self._next_number()
            self.gone_as_status = as_status
        self.cut_watches()

    def cut_watches(self):
        with self.lock:
            self.cuts += 1
            self.lock.notify_all()

    def close(self):
        self.cut_watches()
        self.server.shutdown()
        self.server.server_close()

    # ---- the objects

    def _next_number(self):
        self.version += 1
        return self.version

    def _next(self):
        return str(self._next_number())

    def _note(self, kind, event, found):
        self.history.append((self.version, kind, event, copy.deepcopy(found)))
        self.lock.notify_all()

    def _set(self, kind, name, found, event):
        self.objects[(kind, name)] = found
        self._note(kind, event, found)

    def found(self, kind, name):
        with self.lock:
            if (kind, name) not in self.objects:
                of_group = f"{kind}.{GROUP[kind]}" if GROUP[kind] else kind
                raise Told(404, "NotFound", f'{of_group} "{name}" not found')
            return copy.deepcopy(self.objects[(kind, name)])

    def change(self, kind, name, patch, dry=False):
        with self.lock:
            there = self.found(kind, name)
            version = there["metadata"]["resourceVersion"]
            wanted = (patch.get("metadata") or {}).get("resourceVersion", version)
            if wanted != version:
                raise Told(409, "Conflict", f'Operation cannot be fulfilled on {kind} "{name}": the object has been '
                           "modified; please apply your changes to the latest version and try again")
            after = merged(there, patch)
            (check_secret if kind == SECRETS else check_lease)(after)
            if after != there and not dry:
                after["metadata"]["resourceVersion"] = self._next()
                self._set(kind, name, after, "MODIFIED")
            return after

    # ---- who may what

    def authenticate(self, field):
        with self.lock:
            if (field or "").removeprefix("Bearer ") not in self.tokens:
                raise Told(401, "Unauthorized", "Unauthorized")

    def authorize(self, verb, kind, name):
        own = {SECRETS: self.secret_name, LEASES: self.lease_name}[kind]
        if verb not in self.verbs[kind] or name != own:
            target = f'{kind}{"." + GROUP[kind] if GROUP[kind] else ""} "{name}"' if name else kind
            raise Told(403, "Forbidden", f'{target} is forbidden: User "system:serviceaccount:{self.namespace}:postern" '
                       f'cannot {verb} resource "{kind}" in API group "{GROUP[kind]}" in the namespace '
                       f'"{self.namespace}"')

    def events_after(self, version, kind):
        return [one for one in self.history if one[0] > version and one[1] == kind]


def handler_of(api):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 60
        disable_nagle_algorithm = True

        def log_message(self, *words):
            pass

        def handle(self):
            try:
                super().handle()
            except OSError:
                pass  # the client went away, or does not trust us

        def do_GET(self):
            self.serve("get")

        def do_PATCH(self):
            self.serve("patch")

        def serve(self, verb):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            try:
                self.answer(verb, body)
            except Told as told:
                self.send(told.code, told.status, told.headers)

        def place(self, path):
            for kind, prefix in PREFIX.items():
                match = re.fullmatch(f"{prefix}/namespaces/([^/]+)/{kind}(?:/([^/]+))?", path)
                if match and match[1] == api.namespace:
                    return kind, match[2]
            raise Told(404, "NotFound", "the server could not find the requested resource")

        def answer(self, verb, body):
            url = urlsplit(self.path)
            query = {name: values[-1] for name, values in parse_qs(url.query).items()}
            api.authenticate(self.headers.get("Authorization"))
            kind, name = self.place(url.path)
            if name is None:
                verb = "watch" if query.get("watch") in ("1", "true") else "list"
                name = query.get("fieldSelector", "").removeprefix("metadata.name=")
            api.asked.append((verb, kind, self.path))
            fault = api.fault(verb, kind)
            if isinstance(fault, Told):
                raise fault
            if fault == "cut":
                self.close_connection = True
                raise ConnectionError("no answer")
            if fault:
                time.sleep(fault)
            api.authorize(verb, kind, name)
            if verb == "watch":
                return self.watch(kind, name, query)
            if verb == "get":
                return self.send(200, api.found(kind, name))
            if self.headers.get("Content-Type") != "application/merge-patch+json":
                raise Told(415, "UnsupportedMediaType", "the body of the request was in an unknown format")
            return self.send(200, api.change(kind, name, json.loads(body), query.get("dryRun") == "All"))

        def send(self, code, found, headers=None):
            body = json.dumps(found).encode()
            self.send_response(code)
            for field, value in (headers or {}).items():
                self.send_header(field.replace("_", "-"), str(value))
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def watch(self, kind, name, query):
            version = int(query.get("resourceVersion") or 0)
            is_gone = 0 < version < api.forgotten
            gone = Told(410, "Expired", f"too old resource version: {version} ({api.forgotten})")
            if is_gone and api.gone_as_status:
                raise gone
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            if is_gone:
                self.event("ERROR", gone.status)
            else:
                self.events(kind, name, version, float(query.get("timeoutSeconds", 60)))
            self.wfile.write(b"0\r\n\r\n")

        def events(self, kind, name, version, seconds):
            with api.lock:
                api.watches += 1
                cuts, end = api.cuts, time.monotonic() + seconds
                there = None if version else copy.deepcopy(api.objects.get((kind, name)))
                version = version or api.version
            try:
                if there:
                    self.event("ADDED", there)
                while time.monotonic() < end:
                    with api.lock:
                        if api.cuts == cuts and not api.events_after(version, kind):
                            api.lock.wait(min(api.bookmark_seconds, end - time.monotonic()))
                        if api.cuts != cuts:
                            self.close_connection = True
                            raise ConnectionError("the watch is cut")
                        told, version = api.events_after(version, kind), api.version
                    for _, _, what, found in told:
                        self.event(what, found)
                    if not told and query_allows(self.path):
                        self.event("BOOKMARK", {"kind": "Secret", "metadata": {"resourceVersion": str(version)}})
            finally:
                with api.lock:
                    api.watches -= 1

        def event(self, what, found):
            line = json.dumps({"type": what, "object": found}).encode() + b"\n"
            self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
            self.wfile.flush()

    return Handler


def query_allows(target):
    return "allowWatchBookmarks=true" in target
