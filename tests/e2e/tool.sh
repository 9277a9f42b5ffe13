#!/bin/sh
# The command line tool: every refusal by its own name, keys shared with openssl, codes read back by
# zbarimg, enrolment by files.
set -u
cd "$(dirname "$0")/../.."
scrip=${B:-build/linux}/scrip
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
number=0

report() { # what, whether it is good (0), detail
    number=$((number + 1))
    if [ "$2" = 0 ]; then echo "ok $number - $1"; else
        echo "not ok $number - $1"
        printf '%s\n' "$3" | sed 's/^/    /'
    fi
}
# what, exit status, words that the output must hold, command..
expect() {
    what=$1 status=$2 words=$3
    shift 3
    out=$("$@" 2>&1)
    got=$?
    case $out in *"$words"*) found=0 ;; *) found=1 ;; esac
    [ "$got" = "$status" ] && [ "$found" = 0 ]
    report "$what" $? "exit $got, wanted $status and '$words': $out"
}
mint() { "$scrip" token mint --pki "$work/pki" "$@"; }
inspect() { "$scrip" token inspect "$1" --pki "$work/pki" --terminal DEMO.S1.T1; }
judged() { # what, verdict, mint options..
    what=$1 verdict=$2
    shift 2
    code=$(mint "$@")
    status=1
    [ "$verdict" = OK ] && status=0
    expect "$what is $verdict" "$status" "verdict    $verdict:" inspect "$code"
}

expect "the bundled sample" 0 "verdict    OK" "$scrip" token inspect --sample
expect "the sample a day later" 1 REFUSED_EXPIRED "$scrip" token inspect --sample --at +86400
expect "the sample elsewhere" 1 REFUSED_AUDIENCE \
    "$scrip" token inspect --sample --terminal ACME.S2.T1
expect "a new back office" 0 "key set 1" "$scrip" pki init "$work/pki"
expect "an old one is left alone" 1 "already holds keys" "$scrip" pki init "$work/pki"
"$scrip" pki init "$work/other" >/dev/null

judged "a fresh code" OK
judged "a code in digits" OK --transport D
judged "a coupon" OK --ttl 86400 --status 1,2
judged "a training code" OK --flags offline,training
judged "an old code" REFUSED_EXPIRED --iat -600
judged "a code of tomorrow" REFUSED_NOT_YET --iat +3600
judged "another store's code" REFUSED_AUDIENCE --aud DEMO.S2
judged "a merchant-wide code" REFUSED_CLAIMS --aud DEMO
judged "a long-lived code" REFUSED_CLAIMS --ttl 301
judged "an offer without its number" REFUSED_CLAIMS --scope offer
judged "a code beyond its key's limit" REFUSED_CLAIMS --limit 100.01
judged "a code older than its key" REFUSED_KEY --iat -90000
expect "a code by another back office" 1 REFUSED_KEY \
    inspect "$("$scrip" token mint --pki "$work/other")"
expect "an EAN" 1 REFUSED_FOREIGN inspect 4006381333931
code=$(mint)
expect "a truncated code" 1 REFUSED_LENGTH inspect "$(printf %.100s "$code")"
expect "a French keyboard" 1 REFUSED_LAYOUT inspect "$(echo "$code" | sed 's/^SCTB./SCTB\&/')"
expect "a changed character" 1 REFUSED_TEXT inspect "$(echo "$code" | sed 's/.$/:/')"
expect "a code from standard input" 0 "verdict    OK" \
    sh -c 'echo "$1" | "$2" token inspect - --pki "$3"' - "$code" "$scrip" "$work/pki"

mint --png "$work/code.png" --text --level Q >"$work/code.txt"
seen=$(zbarimg -q --raw --oneshot "$work/code.png" 2>/dev/null)
[ -n "$seen" ] && [ "$seen" = "$(cat "$work/code.txt")" ]
report "zbarimg reads the PNG back" $? "$seen"
mint --blocks | grep -q '█'
report "blocks are drawn" $? ""

expect "an unknown command" 2 "no command" "$scrip" frobnicate
expect "an unknown option" 2 "no option --bogus" "$scrip" token mint --bogus
expect "an option twice" 2 "given twice" mint --ttl 1 --ttl 2
expect "a bad number" 2 "whole number" mint --ttl 1x
expect "a bad amount" 2 "an amount" mint --limit 5.001
expect "a bad name" 2 "identify,earn,offer,value" mint --scope valeu
expect "a bad id" 2 "32 hex digits" mint --cti 00
expect "no key" 2 "--pki DIR or --key FILE" "$scrip" token mint
expect "one argument too many" 2 "one argument too many: twice" "$scrip" pki init "$work/x" twice
expect "none at all" 2 "usage: scrip journal stat IMAGE" "$scrip" journal stat
expect "an image without its keys" 2 "--keystore DIR" "$scrip" journal stat "$work/x"
expect "an image that is not there" 1 "No such file" \
    "$scrip" journal stat "$work/x" "$work/y" --keystore "$work"
expect "help" 0 "--aud" "$scrip" help token mint

openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$work/p8.key" 2>/dev/null
openssl ecparam -name prime256v1 -genkey -out "$work/sec1.key" 2>/dev/null
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out "$work/p384.key" 2>/dev/null
chmod 600 "$work"/*.key
expect "a PKCS #8 key of openssl" 0 SCTB "$scrip" token mint --key "$work/p8.key" --aud A.B
expect "a SEC1 key of openssl" 0 SCTB "$scrip" token mint --key "$work/sec1.key" --aud A.B
expect "a key of another curve" 1 "not a P-256" \
    "$scrip" token mint --key "$work/p384.key" --aud A.B
chmod 644 "$work/p8.key"
expect "a key that others can read" 1 "chmod 600" \
    "$scrip" token mint --key "$work/p8.key" --aud A.B
expect "a missing key" 1 "No such file" "$scrip" token mint --key "$work/none" --aud A.B
expect "openssl reads our keys" 0 NIST openssl pkey -in "$work/pki/issuer.key" -noout -text
expect "openssl verifies our host" 0 OK \
    openssl verify -purpose sslserver -CAfile "$work/pki/ca.crt" "$work/pki/host.crt"

kid=$(inspect "$(mint)" | awk '$1 == "key" { print $2 }')
expect "objects are issued anew" 0 "key set 2 with 1 keys, policy 2" \
    "$scrip" pki objects "$work/pki" --max-value 1.00
expect "a key that is not there" 1 "no key" \
    "$scrip" pki objects "$work/pki" --remove-key 0000000000000000
expect "a key is removed" 0 "key set 3 with 0 keys" \
    "$scrip" pki objects "$work/pki" --remove-key "$kid"
judged "a code by a removed key" REFUSED_KEY
cp "$work/other/objects/keys.cose" "$work/foreign.cose"
expect "a key set by foreign roots" 1 "not an object signed by these roots" "$scrip" token inspect \
    "$code" --keys "$work/foreign.cose" --root "$work/pki/roots.bin"

request() { # terminal, file
    openssl req -new -key "$work/sec1.key" -subj "/CN=$1" -outform DER -out "$2" \
        -addext "subjectAltName=URI:urn:scrip:term:$1" 2>/dev/null
}
enroll() {
    "$scrip" terminal enroll --pki "$work/pki" --request "$work/csr" --bundle "$work/bundle" "$@"
}
request DEMO.S1.T1 "$work/csr"
expect "a terminal is enrolled" 0 "epoch 1, host localhost:8443" enroll --terminal DEMO.S1.T1
expect "and again" 0 "epoch 2" enroll --terminal DEMO.S1.T1 --port 9443 --pin
expect "under another name" 1 "not one for DEMO.S1.T2" enroll --terminal DEMO.S1.T2
spki=$(openssl ec -in "$work/sec1.key" -pubout -outform DER 2>/dev/null | sha256sum | cut -d' ' -f1)
expect "the allow-list names the key" 0 "epoch=2" cat "$work/pki/terminals/$spki"
[ -s "$work/bundle" ] && [ "$(stat -c %a "$work/bundle")" = 600 ]
report "the bundle is its owner's" $? "$(ls -l "$work/bundle")"
expect "its certificate is kept" 0 OK openssl verify -purpose sslclient \
    -CAfile "$work/pki/ca.crt" "$work/pki/issued/DEMO.S1.T1.crt"
expect "nobody listens" 1 "does scripd run" "$scrip" terminal enroll --pki "$work/pki" \
    --terminal DEMO.S1.T1 --socket "$work/none.sock"
expect "and nothing was changed" 0 "epoch=2" cat "$work/pki/terminals/$spki"
