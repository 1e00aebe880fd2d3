"""A caller that speaks TLS, with every byte below it in the test's hands: what is sent when, an end
with and without close_notify, each direction by itself."""

import socket
import ssl

from .http_wire import Client


def context_for(authority, certificate=None, minimum=None, maximum=None):
    """A caller's context that trusts `authority`, or the file of one. `certificate`: (certificate
    file, key file)."""
    context = ssl.create_default_context(cafile=str(getattr(authority, "cert", authority)))
    context.options &= ~0x80  # SSL_OP_IGNORE_UNEXPECTED_EOF
    context.set_alpn_protocols(["http/1.1"])
    if certificate is not None:
        context.load_cert_chain(*certificate)
    if minimum is not None:
        context.minimum_version = minimum
    if maximum is not None:
        context.maximum_version = maximum
    return context


class TlsSocket:
    """Looks like a socket to http_wire. Records are made and read in memory."""

    def __init__(self, sock, context, name="localhost", session=None):
        self.sock = sock
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self._in, self._out, server_hostname=name, session=session)
        self.ended_in_order = False  # by close_notify
        self._drive(self.tls.do_handshake)

    def _flush(self):
        data = self._out.read()
        if data:
            self.sock.sendall(data)

    def _drive(self, step):
        while True:
            try:
                result = step()
                self._flush()
                return result
            except ssl.SSLWantReadError:
                self._flush()
                data = self.sock.recv(65536)
                self._in.write(data) if data else self._in.write_eof()

    def sendall(self, data):
        if data:
            self.tls.write(data)
        self._flush()

    def records(self, data):
        """The bytes that `data` would be sent as; the caller sends them."""
        self.tls.write(data)
        return self._out.read()

    def recv(self, size):
        try:
            data = self._drive(lambda: self.tls.read(size))
        except ssl.SSLZeroReturnError:
            data = b""
        except ssl.SSLEOFError:
            raise ConnectionResetError("no close_notify") from None
        self.ended_in_order = self.ended_in_order or not data
        return data

    def say_close_notify(self):
        try:
            self.tls.unwrap()
        except ssl.SSLWantReadError:
            pass
        self._flush()

    def shutdown(self, how):
        self.say_close_notify()
        self.sock.shutdown(how)

    def settimeout(self, seconds):
        self.sock.settimeout(seconds)

    def setsockopt(self, *args):
        self.sock.setsockopt(*args)

    def close(self):
        self.sock.close()


class TlsClient(Client):
    """http_wire.Client over TLS."""

    def __init__(self, address, context, timeout=20.0, session=None):
        super().__init__(address, timeout)
        try:
            self.sock = TlsSocket(self.sock, context, session=session)
        except BaseException:
            self.sock.close()
            raise
        self.reader._recv = self.sock.recv  # pylint: disable=protected-access

    @property
    def tls(self):
        return self.sock.tls

    def cut(self):
        """Ends our side without close_notify."""
        self.sock.sock.shutdown(socket.SHUT_WR)
