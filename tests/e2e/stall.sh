#!/bin/sh
# A host that takes a request and never answers: the terminal gives up after a bounded time, sales go
# on, and in the end everything is settled.
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh

shop
: >"$work/sold"

patience=19 lie "a request that is never answered" silent FAULT_TIMEOUT ""

network_up
sync_now t1
is "the honest host is believed again, and everything settles" 0 "$(status t1 .depth)"
all_sold_are_held
