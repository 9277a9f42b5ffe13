#!/bin/sh
# How an image ends on an emulated board, and what its next start knows of that: the image of
# tests/emulated/restart_image.c, whose lines are the test's. And a terminal whose random generator is
# stuck, which must not make keys. BOARD names the board.
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

# The keys' slots are the last 4 KiB of the EEPROM: all ones while nothing was ever written.
mkdir "$work/stuck"
ENTROPY=/dev/zero timeout 60 "$BOARD_DIR/emulate" "$BOARD_MACHINE" "build/$BOARD/terminal.elf" "$work/stuck" 9 \
    >"$work/stuck/said" 2>&1
ended=$?
written=$(tail -c 4096 "$work/stuck/blobs.img" | tr -d '\377' | wc -c)
if [ "$ended" = 1 ] && [ "$written" = 0 ] && grep -q FAULT_ENTROPY "$work/stuck/said"; then
    echo "ok - no entropy, no keys"
else
    echo "not ok - no entropy, no keys: status $ended, $written bytes of keys"
    cat "$work/stuck/said"
fi
