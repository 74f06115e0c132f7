"""AAC in ADTS, as transport streams carry it: fMP4 wants its header once, in the init."""

from __future__ import annotations

from typing import Any

from av.packet import Packet

from mediaserver.errors import Unplayable

_SYNC = 0xFFF
_HEADER, _HEADER_WITH_CRC = 7, 9


def adts_config(data: bytes) -> bytes:
    """The two bytes of AudioSpecificConfig that say what the ADTS header of ``data`` says."""
    if not _is_adts(data):
        raise Unplayable("The sound carries no header.", code="audio_header_missing")
    profile, rate = data[2] >> 6, (data[2] >> 2) & 0xF
    channels = ((data[2] & 1) << 2) | (data[3] >> 6)
    if channels == 0:
        raise Unplayable("The sound's channels are described in band.", code="audio_header_missing")
    return ((profile + 1) << 11 | rate << 7 | channels << 3).to_bytes(2, "big")


def without_adts(packet: Packet[Any]) -> Packet[Any]:
    data = bytes(packet)
    if not _is_adts(data):
        return packet
    return Packet(data[_HEADER if data[1] & 1 else _HEADER_WITH_CRC :])


def _is_adts(data: bytes) -> bool:
    return len(data) > _HEADER and (data[0] << 4 | data[1] >> 4) == _SYNC
