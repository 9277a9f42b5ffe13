#!/bin/sh
# Hosts that lie or break off: each gets a status of its own at the terminal, the shop goes on, and
# not one redemption is lost: in the end the real host has them all, once.
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh

shop
: >"$work/sold"
mint
echo "$cti" >>"$work/sold"
redeem t1 "$code" 20.00
is "a sale with the real host" Success "$result"
sync_now t1

lie "a time that was signed for another request" nonce FAULT_PROTOCOL time-not-ours
lie "a time that was signed by somebody else" key FAULT_PROTOCOL time-not-ours
lie "an answer that is no JSON" garbage FAULT_PROTOCOL answer-malformed
lie "an endless answer" huge FAULT_PROTOCOL ""
lie "an error of the host" error FAULT_UNAVAILABLE internal
lie "a connection that ends in the middle" cut FAULT_NET ""

network_up
sync_now t1
is "the honest host is believed again, and everything settles" 0 "$(status t1 .depth)"
all_sold_are_held

# A host that denies the terminal's own history: it stops redeeming and keeps all -----------

network_cut
mint
redeem t1 "$code" 20.00
held_back=$(status t1 '"\(.head_seq) \(.depth)"')
fake_host head
"$scrip" sync now --socket "$work/t1/till.sock" >/dev/null
within 4 status_is t1 '.host == "FAULT_FORK"'
report "another head is FAULT_FORK" $? "$(status t1 .host) $(status t1 .host_problem)"
mint
redeem t1 "$code" 20.00
is "... and nothing is redeemed any more" Failure "$result"
is "... nothing was taken for settled, nothing lost" "$held_back" \
    "$(status t1 '"\(.head_seq) \(.depth)"')"
