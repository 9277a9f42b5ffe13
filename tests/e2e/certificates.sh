#!/bin/sh
# Certificates that are not good, on either side: each is told apart, sales go on, nothing is lost.
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh

shop
: >"$work/sold"

"$scrip" pki init "$work/foreign" >/dev/null
lie "a host of another authority" garbage FAULT_TLS "" "$work/foreign"
log_has t1 "certificate"
report "... and the log says what is wrong with it" $? "$(tail -n 3 "$work/t1/log")"

cp -r "$pki" "$work/late"
openssl req -new -key "$pki/host.key" -subj /CN=localhost -out "$work/late.csr" 2>/dev/null
printf 'subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\n' >"$work/late.ext"
mkdir "$work/ca"
: >"$work/ca/index"
echo 01 >"$work/ca/serial"
printf '[a]\ndatabase=%s/index\nserial=%s/serial\nnew_certs_dir=%s\npolicy=p\n[p]\ncommonName=supplied\n' \
    "$work/ca" "$work/ca" "$work/ca" >"$work/ca/config"
openssl ca -batch -config "$work/ca/config" -name a -md sha256 -notext -in "$work/late.csr" \
    -cert "$pki/ca.crt" -keyfile "$pki/ca.key" -extfile "$work/late.ext" \
    -startdate 20200101000000Z -enddate 20210101000000Z -out "$work/late/host.crt" 2>>"$work/fake.log"
lie "a host whose certificate has expired" garbage FAULT_TLS "" "$work/late"
log_has t1 "expired"
report "... and the log says so" $? "$(tail -n 3 "$work/t1/log")"

network_up
sync_now t1
is "the honest host is believed again, and everything settles" 0 "$(status t1 .depth)"
all_sold_are_held

# A terminal's certificate that has expired may still settle while the back office lists its key.
terminal_start t2
enroll t2 DEMO.S1.T2 --until -600 >>"$work/setup.log" 2>&1
sync_now t2
report "an expired certificate on the list still settles" $? "$(status t2 .host)"
terminal_stop t2
rm "$(grep -l 'DEMO\.S1\.T2' "$pki"/terminals/*)"
terminal_start t2
login t2
"$scrip" sync now --socket "$work/t2/till.sock" >/dev/null
within 5 status_is t2 '.host == "FAULT_TLS"'
report "taken off the list it is FAULT_TLS" $? "$(status t2 .host) $(tail -n 3 "$work/t2/log")"
mint
redeem t2 "$code" 20.00
is "... and a sale goes on, unsent" "Success 1" "$result $(status t2 .depth)"
terminal_stop t2
