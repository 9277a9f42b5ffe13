#!/usr/bin/env python3
"""tear.py BEFORE AFTER OUT: of two states of a medium, one write apart, what a write that was torn leaves:
in the first piece that differs (128 bytes of an EEPROM, 512 of a card) half is new, and half is garbage."""
import os
import sys

EEPROM_BYTES = 65536


def main():
    with open(sys.argv[1], "rb") as file:
        before = file.read()
    with open(sys.argv[2], "rb") as file:
        after = file.read()
    piece = 128 if len(before) == EEPROM_BYTES else 512
    torn = bytearray(before)
    for at in range(0, len(before), piece):
        if before[at : at + piece] != after[at : at + piece]:
            half = at + piece // 2
            torn[at:half] = after[at:half]
            torn[half : at + piece] = os.urandom(at + piece - half)
            break
    with open(sys.argv[3], "wb") as file:
        file.write(torn)


main()
