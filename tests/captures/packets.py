"""Files of network packets (pcap, pcapng) for tests: TCP conversations and UDP datagrams, several kinds of frames."""

import ipaddress
import struct

ETHERNET, RAW, LINUX_SLL, LINUX_SLL2 = 1, 101, 113, 276
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16


def ip_packet(protocol, source, target, payload, fragment=0):
    source, target = ipaddress.ip_address(source), ipaddress.ip_address(target)
    if source.version == 6:
        return struct.pack(">IHBB", 6 << 28, len(payload), protocol, 64) + source.packed + target.packed + payload
    return struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), 1, fragment, 64, protocol, 0) \
        + source.packed + target.packed + payload


def frame(link_type, packet):
    kind = 0x86DD if packet[0] >> 4 == 6 else 0x0800
    if link_type == ETHERNET:
        return bytes(12) + struct.pack(">HHH", 0x8100, 5, kind) + packet  # with an 802.1Q tag
    if link_type == LINUX_SLL:
        return struct.pack(">HHH8sH", 0, 1, 6, bytes(8), kind) + packet
    if link_type == LINUX_SLL2:
        return struct.pack(">HHIHBB8s", kind, 0, 1, 1, 0, 6, bytes(8)) + packet
    return packet


def udp(source, target, payload):
    """source, target: (address, port)."""
    head = struct.pack(">HHHH", source[1], target[1], 8 + len(payload), 0)
    return ip_packet(17, source[0], target[0], head + payload)


def tcp(source, target, sequence, flags, payload=b"", acknowledged=0):
    head = struct.pack(">HHIIBBHHH", source[1], target[1], sequence & 0xFFFFFFFF, acknowledged & 0xFFFFFFFF, 0x50,
                       flags, 65535, 0, 0)
    return ip_packet(6, source[0], target[0], head + payload)


class Conversation:
    """A TCP connection of `client` to `server`: packets pile up in `packets`."""

    def __init__(self, client, server, start=0xFFFFFF00):
        self.client, self.server = client, server
        self.next = [start, 1000]
        self.packets = [tcp(client, server, start - 1, SYN), tcp(server, client, 999, SYN | ACK, b"", start),
                        tcp(client, server, start, ACK, b"", 1000)]

    def segment(self, payload, flags=PSH | ACK, is_server=False):
        """The next segment, not yet in the file."""
        one, other = (self.server, self.client) if is_server else (self.client, self.server)
        at = self.next[is_server]
        self.next[is_server] += len(payload) + (flags & FIN)
        return tcp(one, other, at, flags, payload, self.next[not is_server])

    def say(self, payload, is_server=False):
        self.packets.append(self.segment(payload, is_server=is_server))

    def close(self):
        self.packets += [self.segment(b"", FIN | ACK), self.segment(b"", FIN | ACK, True)]


def pcap(packets, link_type=ETHERNET, start_s=1709294400, order="<"):
    out = [struct.pack(f"{order}IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, link_type)]
    for number, packet in enumerate(packets):
        data = frame(link_type, packet)
        out.append(struct.pack(f"{order}IIII", start_s + number // 1000, number % 1000 * 1000, len(data), len(data)))
        out.append(data)
    return b"".join(out)


def block(kind, body):
    body += bytes(-len(body) % 4)
    size = struct.pack("<I", 12 + len(body))
    return struct.pack("<I", kind) + size + body + size


def pcapng(packets, link_type=ETHERNET, start_s=1709294400):
    out = [block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)),
           block(1, struct.pack("<HHI", link_type, 0, 65535))]
    for number, packet in enumerate(packets):
        data = frame(link_type, packet)
        at_us = start_s * 1000000 + number * 1000
        out.append(block(6, struct.pack("<IIIII", 0, at_us >> 32, at_us & 0xFFFFFFFF, len(data), len(data)) + data))
    return b"".join(out)
