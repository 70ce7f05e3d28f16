"""Front matter with a few faults in it, for tests that hold one reader against another."""

from __future__ import annotations

from random import Random

from tests.text.yaml_pieces import PIECES, PROPERTIES, SCALARS


def damaged(random: Random, front: bytes) -> bytes:
    """A few random edits of bytes."""
    data = bytearray(front[:3000] if random.random() < 0.5 else front)
    for _ in range(random.randint(1, 4)):
        at = random.randrange(len(data) + 1)
        act = random.randrange(4)
        if act == 0:
            data[at : at + 1] = bytes((random.randrange(256),))
        elif act == 1:
            data[at:at] = random.choice(
                (b'"', b"'", b"\\", b"#", b" ", b"\n", b":", b",", b"-", b"[", b"}", b"0", b"\t")
            )
        elif act == 2:
            del data[at : at + random.randint(1, 12)]
        else:
            other = random.randrange(len(data) + 1)
            data[at:at] = data[other : other + random.randint(1, 60)]
    return bytes(data)


def tricked(random: Random, front: bytes) -> bytes:
    """Nasty pieces put where values, keys and items begin, in block and in flow, and lines with another indentation."""
    lines = front.split(b"\n")[: random.choice((30, 80, 400))]
    for _ in range(random.randint(1, 3)):
        at = random.randrange(len(lines))
        line = lines[at]
        piece = random.choice((*SCALARS, *PROPERTIES, *PIECES)).encode("utf-8", "surrogatepass")
        spots = [i + 1 for i, sign in enumerate(line) if sign in b" [{,:"] or [0]
        spot = random.choice(spots)
        act = random.randrange(5)
        if act == 0:
            lines[at] = line[:spot] + piece
        elif act == 1:
            lines[at] = line[:spot] + piece + line[spot:]
        elif act == 2:
            end = next((i for i in range(spot, len(line)) if line[i] in b",]}:"), len(line))
            lines[at] = line[:spot] + piece + line[end:]
        elif act == 3:
            lines[at] = b" " * random.randint(0, 9) + line.lstrip()
        else:
            lines.insert(at, line[: len(line) - len(line.lstrip())] + piece)
    return b"\n".join(lines)


def moved(random: Random, front: bytes) -> bytes:
    """Lines in another place, twice, gone, deeper or less deep, joined or cut in two."""
    lines = front.split(b"\n")[: random.choice((30, 80, 400))]
    for _ in range(random.randint(1, 3)):
        at, other = random.randrange(len(lines)), random.randrange(len(lines) + 1)
        line = lines[at]
        act = random.randrange(6)
        if act == 0:
            lines.insert(other, line)
        elif act == 1:
            lines[at] = b"  " + line
        elif act == 2:
            lines[at] = line.removeprefix(b"  ")
        elif act == 3 and len(lines) > 1:
            del lines[at]
        elif act == 4 and line:
            cut = random.randrange(len(line))
            lines[at : at + 1] = [line[:cut], b" " * random.randrange(9) + line[cut:]]
        elif at + 1 < len(lines):
            lines[at : at + 2] = [line + lines[at + 1].lstrip(b" ")]
    return b"\n".join([*lines, b""])
