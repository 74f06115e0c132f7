"""Whether a copied picture is whole: its NAL units, each led by its length, fill it exactly.

A decoder drops a picture in which they do not, or gives up the film; a browser does the latter.
ISO/IEC 14496-15, sections 5.3.3 (avcC) and 8.3.3 (hvcC).
"""

_LENGTH_SIZE_AT = {"h264": 4, "hevc": 21}


def length_size(codec: str, extradata: bytes | None) -> int | None:
    """Bytes of each length; None where start codes part the NAL units, or there are none."""
    at = _LENGTH_SIZE_AT.get(codec)
    if at is None or not extradata or extradata[0] != 1 or len(extradata) <= at:
        return None
    return (extradata[at] & 3) + 1


def is_whole(picture: memoryview, size: int) -> bool:
    """Whether no length in ``picture`` is nothing or leads beyond it."""
    at, end = 0, len(picture)
    while at + size <= end:
        length = int.from_bytes(picture[at : at + size], "big")
        at += size + length
        if length == 0 or at > end:
            return False
    return True
