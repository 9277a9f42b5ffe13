#!/usr/bin/env python3
"""line.py SOCKET [SECONDS [FILE]]: sends standard input as one line to a terminal's serial line, its end
only once FILE is there, and prints the line that answers it. What the terminal says unasked is passed
over. Exit status 1: no answer came."""
import json
import os
import socket
import sys
import time


def read_some(line, seconds):
    """What has come within the time; None: the line is closed."""
    line.settimeout(seconds)
    try:
        return line.recv(4096) or None
    except TimeoutError:
        return b""


def is_answer(line):
    """Not what is said unasked, nor the end of such a line that was under way before us."""
    try:
        return "SaleToPOIRequest" not in json.loads(line)
    except ValueError:
        return False


def talk(line, message, deadline, held):
    """Reads all the time: an emulator whose line is not read stands still."""
    got = b""
    line.sendall(message)
    while time.monotonic() < deadline:
        if message and (held is None or os.path.exists(held)):
            line.sendall(b"\n")
            message = b""
        piece = read_some(line, 0.01 if message else max(deadline - time.monotonic(), 0.01))
        if piece is None:
            return 1
        got += piece
        while b"\n" in got:
            answer, got = got.split(b"\n", 1)
            if is_answer(answer):
                sys.stdout.buffer.write(answer + b"\n")
                return 0
    return 1


def main():
    deadline = time.monotonic() + float(sys.argv[2] if len(sys.argv) > 2 else 10)
    message = sys.stdin.buffer.read().replace(b"\n", b"")
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(sys.argv[1])
            return talk(line, message, deadline, sys.argv[3] if len(sys.argv) > 3 else None)
    except OSError:
        return 1


sys.exit(main())
