"""Modbus servers that were not written here: pymodbus over TCP, RTU behind a TCP port, and on a pseudo-terminal."""

import asyncio
import os
import socket
import threading
import tty

from pymodbus import FramerType
from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.device import ModbusDeviceIdentification
from pymodbus.pdu import ExceptionResponse
from pymodbus.server import ModbusSerialServer, ModbusTcpServer

IDENTITY = ModbusDeviceIdentification(
    info_name={"VendorName": "Acme", "ProductCode": "Probe 7", "MajorMinorRevision": "1.2"}
)


class Table(ModbusSequentialDataBlock):
    """Cells from address 0 on; what lies beyond them is refused as the standard has it (exception 2)."""

    def getValues(self, address, count=1):  # noqa: N802  the library's name  # pylint: disable=invalid-name
        if address + count > len(self.values):
            return ExceptionResponse.ILLEGAL_ADDRESS
        return super().getValues(address, count)


def unit(inputs=None, holdings=None, coils=None, size=0x2900) -> ModbusSlaveContext:
    """A device: {address: value} of each table, 0 elsewhere, nothing from `size` on."""

    def block(values):
        # pymodbus numbers registers from 1 inside of a block.
        cells = [0] * (size + 1)
        for address, value in (values or {}).items():
            cells[address + 1] = value
        return Table(0, cells)

    return ModbusSlaveContext(di=block(coils), co=block(coils), ir=block(inputs), hr=block(holdings))


class Server:
    """A pymodbus server of these units ({address: unit}) in a thread of its own."""

    def __init__(self, units: dict, framing="tcp"):
        self.context = ModbusServerContext(slaves=units, single=False)
        self.framing = framing
        self.asked = []
        self.loop = asyncio.new_event_loop()
        self.server = None
        self.bridge = None
        self.is_up = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def note(self, sending, data):
        if not sending:
            self.asked.append(bytes(data))
        return data

    async def serve(self):
        more = {"identity": IDENTITY, "trace_packet": self.note, "ignore_missing_slaves": True}
        if self.framing in ("pty", "serial"):
            self.bridge = Bridge() if self.framing == "pty" else Cable()
            self.server = ModbusSerialServer(
                self.context, framer=FramerType.RTU, port=self.bridge.path, baudrate=19200, **more
            )
            await self.server.serve_forever(background=True)
            self.port = getattr(self.bridge, "port", None)
        else:
            framer = {"tcp": FramerType.SOCKET, "rtu": FramerType.RTU, "ascii": FramerType.ASCII}[self.framing]
            self.server = ModbusTcpServer(self.context, framer=framer, address=("127.0.0.1", 0), **more)
            await self.server.serve_forever(background=True)
            self.port = self.server.transport.sockets[0].getsockname()[1]
        self.is_up.set()

    def run(self):
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self.serve())
        self.loop.run_forever()

    def __enter__(self):
        self.thread.start()
        assert self.is_up.wait(20)
        return self

    def __exit__(self, *failure):
        asyncio.run_coroutine_threadsafe(self.server.shutdown(), self.loop).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        if self.bridge is not None:
            self.bridge.close()

    @property
    def address(self) -> str:
        if self.framing == "serial":
            return f"serial:{self.bridge.far}"
        return f"tcp://127.0.0.1:{self.port}"


class Bridge:
    """A serial device server: what comes over TCP goes onto a pseudo-terminal, and back."""

    def __init__(self):
        self.master, slave = os.openpty()
        tty.setraw(self.master)
        tty.setraw(slave)
        self.path = os.ttyname(slave)
        self.slave = slave
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.peer = None
        threading.Thread(target=self.accept, daemon=True).start()
        threading.Thread(target=self.back, daemon=True).start()

    def accept(self):
        try:
            while True:
                self.peer, _ = self.listener.accept()
                while data := self.peer.recv(512):
                    os.write(self.master, data)
        except OSError:
            return

    def back(self):
        try:
            while data := os.read(self.master, 512):
                if self.peer is not None:
                    self.peer.sendall(data)
        except OSError:
            return

    def close(self):
        self.listener.close()
        if self.peer is not None:
            self.peer.close()
        os.close(self.slave)
        os.close(self.master)


class Cable:
    """A serial line: what is said at one end is heard at the other, and the ends are pseudo-terminals."""

    def __init__(self):
        self.masters, self.slaves = zip(*(os.openpty() for _ in range(2)))
        for end in (*self.masters, *self.slaves):
            tty.setraw(end)
        self.path, self.far = (os.ttyname(slave) for slave in self.slaves)
        for one, other in (self.masters, self.masters[::-1]):
            threading.Thread(target=self.carry, args=(one, other), daemon=True).start()

    @staticmethod
    def carry(one, other):
        try:
            while data := os.read(one, 512):
                os.write(other, data)
        except OSError:
            return

    def close(self):
        for end in (*self.masters, *self.slaves):
            os.close(end)
