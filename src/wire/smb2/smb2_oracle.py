#!/usr/bin/python3
"""Random SMB2 messages as python3-impacket writes them.

smb2_oracle.py SEED COUNT; one message a line:
  WHAT NUMBER HEX VALUE...
WHAT is header, transform, request, response, error, file, fs or entry; NUMBER the command or level; HEX the
bytes (a request or response begins behind its header); the values stand in the order of the wire: numbers
in decimal, bytes and buffers in hex ("-": empty). Offsets and reserved fields have no value.
"""
import random
import re
import struct
import sys

from impacket import smb, smb3structs as s

# What is reserved in one class and named Reserved in another, and the other way round.
MEANT = {"SMB2Read": {"Padding", "Reserved"}, "SMB2TreeConnect": {"Reserved"}, "SMB2Error": {"Reserved"},
         "SMB2Packet": {"Reserved"}}
NOT_MEANT = {"SMB2Create": {"SecurityFlags", "SmbCreateFlags"},
             "SMB2Write_Response": {"WriteChannelInfoOffset", "WriteChannelInfoLength"},
             "SMBFindFileBothDirectoryInfo": {"ShortNameLength", "ShortName"},
             "SMBFindFileIdBothDirectoryInfo": {"ShortNameLength", "ShortName"}}
# The length field of each buffer, and its offset field; in the order of the buffers.
BUFFERS = {
    "SMB2SessionSetup": [("SecurityBufferLength", "SecurityBufferOffset")],
    "SMB2SessionSetup_Response": [("SecurityBufferLength", "SecurityBufferOffset")],
    "SMB2TreeConnect": [("PathLength", "PathOffset")],
    "SMB2Create": [("NameLength", "NameOffset"), ("CreateContextsLength", "CreateContextsOffset")],
    "SMB2Create_Response": [("CreateContextsLength", "CreateContextsOffset")],
    "SMB2Read": [("ReadChannelInfoLength", "ReadChannelInfoOffset")],
    "SMB2Read_Response": [("DataLength", "DataOffset")],
    "SMB2Write": [("Length", "DataOffset"), ("WriteChannelInfoLength", "WriteChannelInfoOffset")],
    "SMB2Ioctl": [("InputCount", "InputOffset"), ("OutputCount", "OutputOffset")],
    "SMB2Ioctl_Response": [("InputCount", "InputOffset"), ("OutputCount", "OutputOffset")],
    "SMB2QueryDirectory": [("FileNameLength", "FileNameOffset")],
    "SMB2QueryDirectory_Response": [("OutputBufferLength", "OutputBufferOffset")],
    "SMB2ChangeNotify_Response": [("OutputBufferLength", "OutputBufferOffset")],
    "SMB2QueryInfo": [("InputBufferLength", "InputBufferOffset")],
    "SMB2QueryInfo_Response": [("OutputBufferLength", "OutputBufferOffset")],
    "SMB2SetInfo": [("BufferLength", "BufferOffset")],
}
# Buffers without an offset, behind the fixed part: the length, and what holds them.
INLINE = {
    "SMB2Error": ("ByteCount", "ErrorData", 1), "SMB2Lock": ("LockCount", "Locks", 24),
    "FILE_NAME_INFORMATION": ("FileNameLength", "FileName", 1),
    "SMBQueryFsAttributeInfo": ("LengthOfFileSystemName", "FileSystemName", 1),
    "SMBQueryFsVolumeInfo": ("VolumeLabelSize", "VolumeLabel", 1),
    **{"SMBFindFile%sInfo" % n: ("FileNameLength", "FileName", 1)
       for n in ("BothDirectory", "IdFullDirectory", "IdBothDirectory", "Directory", "Names", "FullDirectory")},
}
SIZES = {"B": 1, "H": 2, "L": 4, "l": 4, "Q": 8, "q": 8}


def rows(cls):
    fields = getattr(cls, "commonHdr", ()) + (getattr(cls, "UnicodeStructure", ()) or cls.structure)
    return [f[:2] for f in fields if f[0][0] != "_" and f[0] not in ("AlignPad", "Buffer", "Data")]


class Maker:
    def __init__(self, r, cls):
        self.r, self.cls, self.name = r, cls, cls.__name__
        unicode_too = hasattr(cls, "UnicodeStructure")
        self.value = cls(flags=smb.SMB.FLAGS2_UNICODE) if unicode_too else cls()
        self.values, self.fixed = [], 0
        self.buffers = [r.randbytes(r.choice((0, 1, 7, 8, r.randrange(300)))) for _ in BUFFERS.get(self.name, ())]

    def number(self, field, size):
        r = self.r
        if field in ("NextEntryOffset", "ReparseDataLength"):
            return
        if "Reserved" in field and field not in MEANT.get(self.name, ()) or field in NOT_MEANT.get(self.name, ()):
            self.value[field] = 0 if size else b""
            return
        for (length, offset), data in zip(BUFFERS.get(self.name, ()), self.buffers):
            if field == offset:
                return
            if field == length:
                self.value[field] = len(data)
                self.values.append(data)
                return
        inline = INLINE.get(self.name)
        if inline and field == inline[0]:
            data = r.randbytes(inline[2] * r.randrange(1, 9))
            self.value[inline[1]] = data
            self.value[field] = len(data) // inline[2]
            self.values.append(data)
            return
        bits = 8 * size - (1 if size == 8 else 0)  # impacket has signed times
        if self.name == "SMB2Error":
            bits = 8
        self.value[field] = r.getrandbits(bits)
        self.values.append(self.value[field])

    def field(self, name, kind):
        inline = INLINE.get(self.name)
        if inline and name == inline[1] or name == "StructureSize" or kind.startswith('"'):
            return
        if name == "FileID" and not kind.startswith("<"):
            file_id = s.SMB2_FILEID()
            file_id["Persistent"], file_id["Volatile"] = self.r.getrandbits(64), self.r.getrandbits(64)
            self.value[name] = file_id
            self.values += [file_id["Persistent"], file_id["Volatile"]]
        elif re.match(r"\d+s", kind):
            self.raw(name, int(kind.split("s")[0]))
        elif kind == ":":
            inner = Maker(self.r, dict(rows_with_class(self.cls))[name]).make()
            self.value[name] = inner.value
            self.values += inner.values
        else:
            self.number(name, SIZES[kind.lstrip("<")[0]])

    def raw(self, name, size):
        if "Reserved" in name or name in NOT_MEANT.get(self.name, ()):
            self.value[name] = bytes(size)
        else:
            self.value[name] = self.r.randbytes(size)
            self.values.append(self.value[name])

    def place_buffers(self):
        at = 64 + self.structure_size() // 2 * 2
        tail = b""
        for (_, offset), data in zip(BUFFERS[self.name], self.buffers):
            if data:
                tail += bytes(-len(tail) % 8)
            self.value[offset] = at + len(tail) if data else at
            tail += data
        self.value["AlignPad"] = b""
        self.value["Buffer"] = tail

    def make(self):
        for name, kind in rows(self.cls):
            self.field(name, kind)
        if self.name in BUFFERS:
            self.place_buffers()
        return self

    def structure_size(self):
        return int(dict(rows(self.cls)).get("StructureSize", "=0").split("=")[1])

    def bytes(self):
        """A variable part that is empty is one zero byte; impacket's of an error is one byte, always."""
        data, size = self.value.getData(), self.structure_size()
        if self.name == "SMB2Error":
            return data[:size - 1] + self.values[-1]
        if size % 2 and self.name in BUFFERS:
            return data[:size - 1] + (self.value["Buffer"] or b"\0")
        return data


def rows_with_class(cls):
    return [(f[0], f[2]) for f in cls.structure if len(f) == 3 and isinstance(f[2], type)]


def negotiate(r):
    value = s.SMB2Negotiate()
    dialects = [r.getrandbits(16) for _ in range(r.randrange(1, 9))]
    contexts = r.randbytes(r.choice((0, 40)))
    extra = s.SMB311ContextData()
    end = 64 + 36 + 2 * len(dialects)
    pad = -end % 8 if contexts else 0
    extra["NegotiateContextOffset"] = end + pad if contexts else 0
    extra["NegotiateContextCount"] = r.getrandbits(16)
    value["DialectCount"], value["Dialects"] = len(dialects), dialects
    value["SecurityMode"], value["Capabilities"] = r.getrandbits(16), r.getrandbits(32)
    value["ClientGuid"], value["ClientStartTime"] = r.randbytes(16), extra.getData()
    value["Padding"], value["NegotiateContextList"] = bytes(pad), contexts
    return value.getData(), [struct.pack("<%dH" % len(dialects), *dialects), value["SecurityMode"],
                             value["Capabilities"], value["ClientGuid"], contexts,
                             extra["NegotiateContextCount"]]


def negotiate_response(r):
    value = s.SMB2Negotiate_Response()
    security, contexts = r.randbytes(r.choice((0, 5, 100))), r.randbytes(r.choice((0, 24)))
    values = []
    for name, size in (("SecurityMode", 16), ("DialectRevision", 16), ("NegotiateContextCount", 16),
                       ("ServerGuid", 128), ("Capabilities", 32), ("MaxTransactSize", 32), ("MaxReadSize", 32),
                       ("MaxWriteSize", 32), ("SystemTime", 64), ("ServerStartTime", 64)):
        value[name] = r.randbytes(16) if size == 128 else r.getrandbits(size)
        values.append(value[name])
    pad = -len(security) % 8 if contexts else 0
    value["SecurityBufferOffset"], value["SecurityBufferLength"] = 128, len(security)
    value["NegotiateContextOffset"] = 128 + len(security) + pad if contexts else 0
    value["AlignPad"], value["Buffer"], value["Padding"] = b"", security, bytes(pad)
    value["NegotiateContextList"] = contexts
    return value.getData() + (b"" if security or contexts else b"\0"), values + [security, contexts]


REQUESTS = [negotiate, s.SMB2SessionSetup, s.SMB2Logoff, s.SMB2TreeConnect, s.SMB2TreeDisconnect, s.SMB2Create,
            s.SMB2Close, s.SMB2Flush, s.SMB2Read, s.SMB2Write, s.SMB2Lock, s.SMB2Ioctl, s.SMB2Cancel, s.SMB2Echo,
            s.SMB2QueryDirectory, s.SMB2ChangeNotify, s.SMB2QueryInfo, s.SMB2SetInfo, s.SMB2OplockBreakNotification]
RESPONSES = [negotiate_response, s.SMB2SessionSetup_Response, s.SMB2Logoff_Response, s.SMB2TreeConnect_Response,
             s.SMB2TreeDisconnect_Response, s.SMB2Create_Response, s.SMB2Close_Response, s.SMB2Flush_Response,
             s.SMB2Read_Response, s.SMB2Write_Response, s.SMB2Lock_Response, s.SMB2Ioctl_Response, None,
             s.SMB2Echo_Response, s.SMB2QueryDirectory_Response, s.SMB2ChangeNotify_Response,
             s.SMB2QueryInfo_Response, s.SMB2SetInfo_Response, s.SMB2OplockBreakNotification]
FILES = {4: s.FILE_BASIC_INFORMATION, 5: s.FILE_STANDARD_INFORMATION, 6: s.FILE_INTERNAL_INFORMATION,
         7: s.FILE_EA_INFORMATION, 8: s.FILE_ACCESS_INFORMATION, 14: s.FILE_POSITION_INFORMATION,
         16: s.FILE_MODE_INFORMATION, 17: s.FILE_ALIGNMENT_INFORMATION, 18: s.FILE_ALL_INFORMATION,
         34: smb.SMBFileNetworkOpenInfo, 48: s.FILE_NAME_INFORMATION}
FS = {1: smb.SMBQueryFsVolumeInfo, 3: smb.FileFsSizeInformation, 4: smb.SMBQueryFsDeviceInfo,
      5: smb.SMBQueryFsAttributeInfo}
ENTRIES = {1: smb.SMBFindFileDirectoryInfo, 2: smb.SMBFindFileFullDirectoryInfo,
           3: smb.SMBFindFileBothDirectoryInfo, 12: smb.SMBFindFileNamesInfo,
           37: smb.SMBFindFileIdBothDirectoryInfo, 38: smb.SMBFindFileIdFullDirectoryInfo}


def show(what, number, data, values):
    print(what, number, data.hex() or "-", *(v.hex() or "-" if isinstance(v, bytes) else v for v in values))


def show_class(r, what, number, cls):
    maker = Maker(r, cls).make()
    show(what, number, maker.bytes(), maker.values)


def headers(r):
    for cls, flags in ((s.SMB2Packet, 0), (s.SMB2PacketAsync, 2)):
        maker = Maker(r, cls).make()
        flags |= maker.value["Flags"] & ~2
        maker.values[maker.values.index(maker.value["Flags"])] = flags
        maker.value["Flags"] = flags
        show("header", flags & 2, maker.bytes(), maker.values)
    maker = Maker(r, s.SMB2_TRANSFORM_HEADER).make()
    maker.value["OriginalMessageSize"] = maker.values[2] = r.randrange(1, 300)
    show("transform", 0, maker.bytes(), maker.values)


def main():
    r = random.Random(int(sys.argv[1]))
    for _ in range(int(sys.argv[2])):
        headers(r)
        show_class(r, "error", 0, s.SMB2Error)
        for what, table in (("request", REQUESTS), ("response", RESPONSES)):
            for number, cls in enumerate(table):
                if cls in (negotiate, negotiate_response):
                    show(what, number, *cls(r))
                elif cls:
                    show_class(r, what, number, cls)
        for what, table in (("file", FILES), ("fs", FS), ("entry", ENTRIES)):
            for number, cls in table.items():
                show_class(r, what, number, cls)


main()
