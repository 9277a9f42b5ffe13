#!/bin/sh
# How an image ends on an emulated board, and what its next start knows of that: the image of
# tests/emulated/restart_image.c, whose lines are the test's. BOARD names the board.
#
# `make restarts`, and so part of `make boards`.
set -u
cd "$(dirname "$0")/../.." || exit
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
timeout 120 "${BOARD_DIR:?set by make}/emulate" "${BOARD_MACHINE:?set by make}" \
    "build/${BOARD:?set by make}/restart.elf" "$work" 9 >"$work/said" 2>&1
ended=$?
cat "$work/said"
[ "$ended" = 0 ] || echo "not ok - $BOARD: the image ended with status $ended"
