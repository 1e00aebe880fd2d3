"""A name server that knows one name."""

import socket
import struct
import threading

TYPE_A = 1


class NameServer:
    """Answers at port 53 of `address`, a loopback one: `name` is 127.0.0.1, and nothing else is
    anything. Takes root."""

    def __init__(self, address, name):
        self.name = name
        self.asked = set()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, 53))
        self.socket.settimeout(0.1)  # to notice the end
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.serve, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.thread.join()
        self.socket.close()

    def serve(self):
        while not self.stopped.is_set():
            try:
                question, who = self.socket.recvfrom(512)
            except TimeoutError:
                continue
            self.socket.sendto(self.answer(question), who)

    def answer(self, query):
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode())
            at += 1 + query[at]
        kind = struct.unpack("!H", query[at + 1:at + 3])[0]
        name = ".".join(labels)
        self.asked.add(name)
        known = name == self.name and kind == TYPE_A
        head = query[:2] + struct.pack("!HHHHH", 0x8180 | (0 if name == self.name else 3), 1,
                                       int(known), 0, 0)
        record = struct.pack("!HHHIH", 0xC00C, TYPE_A, 1, 60, 4) + bytes([127, 0, 0, 1])
        return head + query[12:at + 5] + (record if known else b"")
