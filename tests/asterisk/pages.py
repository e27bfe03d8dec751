"""Pages to send, noise for the line, and the bad lines that a receiver recorded in its TIFF."""

from __future__ import annotations

import array
import random
import struct
from pathlib import Path

WIDTH = 1728
"""Dots per line: the width of an A4 fax page."""

SAMPLE_RATE = 8000

BAD_LINES_TAG = 326
"""BadFaxLines of TIFF class F (RFC 2306): the number of damaged lines on the page; absent if there are none."""


def write_pages(path: Path, pages: int, lines: int, ink: float = 0.05) -> Path:
    """A bilevel TIFF that SendFAX accepts, at 204x98 dots per inch; `ink` is the black share of each text line.

    250 lines of the standard ink take about 10 s to send.
    """
    out = bytearray(b"II*\0\0\0\0\0")
    link = 4
    for number in range(pages):
        image = _specks(lines, ink, number)
        strip = len(out)
        out += image + struct.pack("<4I", 204, 1, 98, 1)
        struct.pack_into("<I", out, link, len(out))
        out += _directory(strip, len(image), lines, number, pages)
        link = len(out) - 4
    path.write_bytes(out)
    return path


def _specks(lines: int, ink: float, seed: int) -> bytes:
    """Random specks, the same in every run, with white between the lines of text."""
    rng = random.Random(seed)
    width = WIDTH // 8
    image = bytearray(lines * width)
    for line in range(lines):
        for _ in range(int(width * ink) if line % 24 < 16 else 0):
            image[line * width + rng.randrange(8, width - 8)] = rng.randrange(1, 256)
    return bytes(image)


def _directory(strip: int, size: int, lines: int, number: int, pages: int) -> bytes:
    short, long, ratio = 3, 4, 5
    entries = [
        (254, long, 1, 2),
        (256, long, 1, WIDTH),
        (257, long, 1, lines),
        (258, short, 1, 1),
        (259, short, 1, 1),
        (262, short, 1, 0),
        (266, short, 1, 1),
        (273, long, 1, strip),
        (277, short, 1, 1),
        (278, long, 1, lines),
        (279, long, 1, size),
        (282, ratio, 1, strip + size),
        (283, ratio, 1, strip + size + 8),
        (296, short, 1, 2),
        (297, short, 2, number | pages << 16),
    ]
    packed = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return struct.pack("<H", len(entries)) + packed + struct.pack("<I", 0)


def write_noise(path: Path, quiet: float, seconds: float, hits: float, level: float) -> Path:
    """Raw 8 kHz 16-bit sound: `quiet` seconds of silence, then `hits` bursts of 4 ms per second.

    `level` is the share of full scale.
    """
    rng = random.Random(1)
    samples = array.array("h", bytes(2 * int(SAMPLE_RATE * (quiet + seconds))))
    at = quiet
    while (at := at + rng.expovariate(hits)) < quiet + seconds - 0.01:
        for index in range(int(at * SAMPLE_RATE), int((at + 0.004) * SAMPLE_RATE)):
            samples[index] = int(rng.uniform(-1, 1) * level * 32767)
    path.write_bytes(samples.tobytes())
    return path


def bad_lines(path: Path) -> list[int]:
    """The bad lines of each page, as the receiver recorded them in this TIFF."""
    data = path.read_bytes()
    order = "<" if data[:2] == b"II" else ">"
    found: list[int] = []
    (link,) = struct.unpack_from(order + "I", data, 4)
    while link:
        (count,) = struct.unpack_from(order + "H", data, link)
        tags = {}
        for entry in range(link + 2, link + 2 + 12 * count, 12):
            tag, kind = struct.unpack_from(order + "HH", data, entry)
            (tags[tag],) = struct.unpack_from(order + ("H" if kind == 3 else "I"), data, entry + 8)
        found.append(tags.get(BAD_LINES_TAG, 0))
        (link,) = struct.unpack_from(order + "I", data, link + 2 + 12 * count)
    return found
