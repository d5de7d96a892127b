"""What is kept of a photo: the picture alone, written anew, so that nothing the camera added goes with it."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from threading import Lock

from PIL import Image, ImageOps

from shared.kernel.refusals import Refused

MOST_BYTES = 10 * 1024 * 1024
MOST_PIXELS = 50_000_000
"""As many as the cameras of telephones make; more is taken for a decompression bomb and is never unpacked."""
LONGEST_SIDE = 2560
"""Pixels of the longer side that are kept: a number plate at ten metres can still be read (assumed)."""
_QUALITY = 85
_KINDS = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
_SIGNS = (
    (b"\xff\xd8\xff", "JPEG"), (b"\x89PNG\r\n\x1a\n", "PNG"), (b"GIF8", "GIF"), (b"%PDF", "PDF"),
    (b"PK\x03\x04", "ZIP"), (b"BM", "BMP"), (b"II*\x00", "TIFF"), (b"MM\x00*", "TIFF"), (b"<", "HTML, SVG"),
)  # fmt: skip
_one = Lock()
"""One picture is unpacked at a time: it may take 150 MB."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A photo as it is kept: upright, without EXIF, position, comments, previews or anything after its end."""

    data: bytes
    media: str
    width: int
    height: int

    @property
    def digest(self) -> str:
        """Return the SHA-256 of what is kept, as facts name it."""
        return sha256(self.data).hexdigest()


def kind_of(data: bytes) -> str:
    """Return what the first bytes say it is; what its sender calls it does not count."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp":
        return "HEIC" if data[8:11] in (b"hei", b"mif") else "video"
    start = data.lstrip()[:16]
    return next((kind for sign, kind in _SIGNS if start.startswith(sign)), "?")


def read(data: bytes) -> Picture:
    """Return what is to be kept of an uploaded photo; raises Refused with the rule, on the field `photo`."""
    if len(data) > MOST_BYTES:
        raise Refused("photo.too_large", "photo", limit=MOST_BYTES // 1024 // 1024)
    kind = kind_of(data)
    if kind not in _KINDS:
        raise Refused("photo.wrong_type", "photo", found=kind)
    with _one, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Pillow only warns of is refused below
        try:
            return _written_anew(data, kind)
        except Refused:
            raise
        except Exception:
            raise Refused("photo.unreadable", "photo") from None


def _written_anew(data: bytes, kind: str) -> Picture:
    with Image.open(BytesIO(data), formats=[kind]) as opened:
        width, height = opened.size
        if width * height > MOST_PIXELS:
            raise Refused("photo.too_many_pixels", "photo", width=width, height=height, limit=MOST_PIXELS // 10_000)
        opened.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # a JPEG is unpacked no larger than needed
        opened.load()
        has_holes = opened.mode in ("RGBA", "LA", "PA") or "transparency" in opened.info
        upright = ImageOps.exif_transpose(opened).convert("RGBA" if has_holes and kind != "JPEG" else "RGB")
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    plain = Image.new(upright.mode, upright.size)
    plain.paste(upright)
    out = BytesIO()
    plain.save(out, kind, quality=_QUALITY, optimize=True)
    return Picture(out.getvalue(), _KINDS[kind], *plain.size)
