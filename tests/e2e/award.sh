#!/bin/sh
# Sales that are noted for members, with real processes: a raw identifier from the till to its name at
# the host and back through the vault, in two epochs; a code that earns; and what still goes when the
# key set has ended.
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh

"$scrip" pki init "$pki" --max-awards 3 --keys-s 600 >"$work/setup.log" 2>&1 &&
    "$scrip" vault init "$pki" >>"$work/setup.log" 2>&1
host_options="--vault $pki"
host_start && network_up && terminal_start t1 && enroll t1 DEMO.S1.T1 >>"$work/setup.log" 2>&1 &&
    sync_now t1 && login t1
report "a shop whose host has a vault" $? "$(cat "$work/setup.log" "$work/t1/log")"

award() { # identification type, loyalty id
    service_number=$((service_number + 1))
    service=A$service_number
    nexo t1 "$(message Loyalty "$service" '{"SaleData":{"SaleTransactionID":{
        "TransactionID":"sale-'"$service"'","TimeStamp":"2026-01-01T00:00:00Z"}},
        "LoyaltyTransaction":{"LoyaltyTransactionType":"Award","Currency":"EUR","TotalAmount":20},
        "LoyaltyData":[{"LoyaltyAccountID":{"EntryMode":["Keyed"],"IdentificationType":"'"$1"'",
        "LoyaltyID":"'"$2"'"}}]}')"
    read_answer
}
noted() { # seq, column
    db "SELECT $2 FROM awards WHERE seq = $1"
}

phone=+493012345678
network_cut
award PhoneNumber "+49 30 123-45678"
is "a sale is noted offline" Success "$result"
is "under a reference" DEMO.S1.T1-1-1 "$reference"
case $answer in *12345678* | *123-45678*) found=1 ;; *'"LoyaltyID":"****"'*) found=0 ;; *) found=1 ;; esac
report "and the answer does not say for whom" $found "$answer"
first=$service
is "the cashier reads" "Points will follow / Will sync" "$(shown t1)"
ask_status t1 "$first"
case $repeated in *12345678*) found=1 ;; *'****'*) found=0 ;; *) found=1 ;; esac
report "nor does it when it is repeated" $found "$repeated"
! grep -q -a "${phone#+}" "$work/t1/journal.flash" "$work/t1/log" "$work/t1/display"
report "nor any file" $? ""

network_up
sync_now t1
is "the host names the member, in the vault's epoch" "noted 1" "$(noted 1 "state || ' ' || vault_epoch")"
name1=$(noted 1 member)
"$scrip" vault rotate "$pki" >/dev/null
award PhoneNumber "0049 30 12345678"
sync_now t1
is "in the next epoch" "noted 2" "$(noted 2 "state || ' ' || vault_epoch")"
name2=$(noted 2 member)
[ -n "$name1" ] && [ "$name1" != "$name2" ]
report "by another name" $? "$name1 $name2"

# The seal as the record has it, and the hash of its sale (SPEC section 4).
db "SELECT lower(hex(bytes)) FROM record WHERE type = 5 AND seq = 1" >"$work/record"
python3 - "$work/record" >"$work/opening" <<'PY'
import hashlib, sys
sys.path.insert(0, "tests/e2e")
import cddl

def head(major, n):
    if n < 24: return bytes([major << 5 | n])
    size = 1 if n < 256 else 2 if n < 65536 else 4
    return bytes([major << 5 | {1: 24, 2: 25, 4: 26}[size]]) + n.to_bytes(size, "big")

def item(x):
    if isinstance(x, int): return head(0, x)
    data = x if isinstance(x, bytes) else x.encode()
    return head(2 if isinstance(x, bytes) else 3, len(data)) + data

r = cddl.decode(bytes.fromhex(open(sys.argv[1]).read().strip()))
sale = r[25]
body = head(4, 7) + b"".join(map(item, ["DEMO.S1.T1", r[3], b"", sale[2], sale[3], r[23], sale[4]]))
txh = hashlib.sha256(b"SCRIP/TXH/1" + body).digest()[:16]
print(r[34].hex(), "--epoch", r[3], "--time", r[6], "--txh", txh.hex())
PY
# shellcheck disable=SC2046 # words
"$scrip" vault open "$pki" $(cat "$work/opening") --terminal DEMO.S1.T1 >"$work/names" 2>&1
is "the vault resolves both from one seal" "2 $name2 1 $name1" "$(tr -s ' \n' ' ' <"$work/names" | sed 's/ $//')"

award AccountNumber "$phone"
is "a telephone is no member number" MessageFormat "$condition"
award AccountNumber 4111111111111111
is "a payment card is refused" UnavailableService "$condition"
case $answer in *411111*) found=1 ;; *) found=0 ;; esac
report "and not repeated" $found "$answer"
award PhoneNumber "$phone"
is "a third time is noted" Success "$result"
award PhoneNumber "$phone"
is "a fourth is not" Refusal "$condition"
award BarCode 4006381333931
is "another member's card is" Success "$result"

mint --scope identify,earn --ttl 600 --member 000102030405060708090a0b0c0d0e0f
earning=$code
award BarCode "$code"
is "a code earns" Success "$result"
earned=${reference##*-}
sync_now t1
is "for its own member" "000102030405060708090a0b0c0d0e0f 0" "$(noted "$earned" "member || ' ' || vault_epoch")"
mint
award BarCode "$code"
is "one that only redeems does not" Refusal "$condition"
reverse t1 "DEMO.S1.T1-1-$earned"
is "an award is undone" Success "$result"
sync_now t1
is "at the host, too" reversed "$(noted "$earned" state)"
is "and nothing of it was a redemption" 0 "$(db 'SELECT count(*) FROM redemptions')"

# Without its vault the host waits, and names who waited when it has it again.
host_stop
host_options=
host_start
award AccountNumber AB-12-34
sync_now t1
waiting=${reference##*-}
is "a seal waits" sealed "$(noted "$waiting" state)"
host_stop
host_options="--vault $pki"
host_start
is "and is opened" "noted 2" "$(noted "$waiting" "state || ' ' || vault_epoch")"

# The key set ends.
"$scrip" pki objects "$pki" --keys-s 4 >/dev/null
sync_now t1
within 10 status_is t1 '.keys_left_s <= 4 and .keys_left_s > 0'
report "a key set that ends soon" $? "$(status t1 .keys_left_s)"
network_cut
within 10 status_is t1 '.states | index("keys_stale")'
report "it has ended" $? "$(status t1 .states)"
mint
redeem t1 "$code" 20.00
is "nothing is redeemed" UnreachableHost "$condition"
award AccountNumber XY-98-76
is "members are noted" Success "$result"
is "the cashier reads why" "Points will follow / Keys out of date" "$(shown t1)"
award BarCode "$earning"
is "also by codes" Success "$result"
within 5 status_is t1 '.award_left_s > 14 * 86400 - 60'
report "for fourteen days" $? "$(status t1 .award_left_s)"
