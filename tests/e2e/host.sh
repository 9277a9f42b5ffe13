#!/bin/sh
# The host as a process: what it starts on, whom it lets in (openssl's certificates, curl's client),
# what it says to everything else, and that killing it loses nothing.
set -u
cd "$(dirname "$0")/../.." || exit
programs=$PWD/${B:-build/linux}
work=$(mktemp -d)
host=
trap '[ -z "$host" ] || kill "$host" 2>/dev/null; rm -rf "$work"' EXIT
number=0

report() { # what, whether it is good (0), detail
    number=$((number + 1))
    if [ "$2" = 0 ]; then echo "ok $number - $1"; else
        echo "not ok $number - $1"
        printf '%s\n' "$3" | sed 's/^/    /'
    fi
}

start() { # starts the host on any port and waits for its port file
    rm -f "$work/port"
    "$programs/scrip-host" --pki "$work/pki" --db "$work/host.db" --listen 127.0.0.1:0 \
        --port-file "$work/port" 2>>"$work/log" &
    host=$!
    for _ in $(seq 100); do
        [ ! -s "$work/port" ] || return 0
        sleep 0.1
    done
    return 1
}

stop() { # signal
    kill "-$1" "$host"
    wait "$host" 2>/dev/null
    ended=$?
    host=
}

# What a host that can not start says; it must end with status 1.
refuses() { # what, words, arguments..
    what=$1 words=$2
    shift 2
    out=$(timeout 20 "$programs/scrip-host" "$@" 2>&1)
    got=$?
    case $out in *"$words"*) found=0 ;; *) found=1 ;; esac
    [ "$got" = 1 ] && [ "$found" = 0 ]
    report "$what" $? "exit $got, wanted 1 and '$words': $out"
}

certify() { # name, uri, extended key usage, [ca directory]
    openssl ecparam -genkey -name prime256v1 -noout -out "$work/$1.key" 2>/dev/null
    openssl req -new -key "$work/$1.key" -subj "/CN=$1" -out "$work/$1.csr" 2>/dev/null
    printf 'subjectAltName=URI:%s\nextendedKeyUsage=%s\n' "$2" "$3" >"$work/$1.ext"
    openssl x509 -req -in "$work/$1.csr" -CA "${4:-$work/pki}/ca.crt" -CAkey "${4:-$work/pki}/ca.key" \
        -set_serial "$(date +%s%N)" -days 2 -sha256 -extfile "$work/$1.ext" -out "$work/$1.crt" \
        2>"$work/openssl" || cat "$work/openssl"
}

allow() { # name of the key, terminal
    spki=$(openssl pkey -in "$work/$1.key" -pubout -outform DER 2>/dev/null | sha256sum | cut -d' ' -f1)
    entry=$work/pki/terminals/$spki
    printf 'terminal=%s\nepoch=1\nfirst_prev=000102030405060708090a0b0c0d0e0f\n' "$2" >"$entry"
}

# curl as terminal NAME: prints the status, or the exit code of curl where no answer came.
ask() { # name or -, path, curl options..
    name=$1 path=$2
    shift 2
    [ "$name" = - ] || set -- --cert "$work/$name.crt" --key "$work/$name.key" "$@"
    status=$(curl -s --max-time 20 --cacert "$work/pki/ca.crt" --connect-to "localhost::127.0.0.1:" \
        -o "$work/body" -D "$work/head" -w '%{http_code}' "$@" \
        "https://localhost:$(cat "$work/port")$path") || status="curl $?"
    echo "$status"
}
is() { # what, wanted, got
    [ "$3" = "$2" ]
    report "$1" $? "got $3, wanted $2: $(head -c 300 "$work/body" 2>/dev/null)"
}
# The connection ended without an answer: reset or closed, as the race between alert and FIN has it.
unheard() { # what, got
    case $2 in "curl 52" | "curl 55" | "curl 56") found=0 ;; *) found=1 ;; esac
    report "$1" $found "got $2"
}
alert() { # what, words, s_client options..
    what=$1 words=$2
    shift 2
    out=$(sleep 1 | timeout 10 openssl s_client -connect "127.0.0.1:$(cat "$work/port")" -tls1_3 \
        -CAfile "$work/pki/ca.crt" "$@" 2>&1 | tr -cd '[:print:]\n')
    case $out in *"$words"*) found=0 ;; *) found=1 ;; esac
    report "$what" $found "wanted '$words': $(echo "$out" | grep -i alert)"
}
problem() { # what, status, name, got
    [ "$4" = "$2" ] && [ "$(jq -r .type "$work/body")" = "urn:scrip:err:$3" ] &&
        grep -qi '^content-type: application/problem+json' "$work/head"
    report "$1" $? "got $4, wanted $2 $3: $(head -c 300 "$work/body")"
}
json='Content-Type: application/json'

"$programs/scrip" pki init "$work/pki" >/dev/null
"$programs/scrip" pki init "$work/other" >/dev/null

# Starting.
"$programs/scrip-host" --pki "$work/pki" 2>"$work/usage"
is "half a command line is not understood" 2 $?
refuses "a directory that is none" "is missing" --pki "$work/none" --db "$work/a.db" --listen 127.0.0.1:0
cp -r "$work/pki" "$work/bad"
echo damaged >"$work/bad/objects/keys.cose"
refuses "a damaged key set" "keys.cose is not used" --pki "$work/bad" --db "$work/a.db" --listen 127.0.0.1:0
cp "$work/other/objects/keys.cose" "$work/bad/objects/"
refuses "a key set by other roots" "keys.cose is not used" --pki "$work/bad" --db "$work/a.db" --listen 127.0.0.1:0
cp "$work/pki/objects/keys.cose" "$work/bad/objects/"
echo damaged >"$work/bad/time.key"
refuses "a damaged time key" "time.key" --pki "$work/bad" --db "$work/a.db" --listen 127.0.0.1:0
cp "$work/pki/time.key" "$work/bad/"
cp "$work/other/host.key" "$work/bad/"
refuses "a key of another certificate" "do not belong together" --pki "$work/bad" --db "$work/a.db" --listen 127.0.0.1:0
sqlite3 "$work/foreign.db" 'CREATE TABLE something (x)'
refuses "another program's database" "another program" --pki "$work/pki" --db "$work/foreign.db" --listen 127.0.0.1:0
head -c 8192 /dev/urandom >"$work/noise.db"
refuses "a file that is no database" "not a database" --pki "$work/pki" --db "$work/noise.db" --listen 127.0.0.1:0
refuses "an address that is none" "not an IPv4 address" --pki "$work/pki" --db "$work/a.db" --listen nowhere:0
start
report "it starts on what pki init made" $? "$(cat "$work/log")"
refuses "a port that is taken" "cannot listen" --pki "$work/pki" --db "$work/a.db" --listen "127.0.0.1:$(cat "$work/port")"

# Who may speak.
certify good urn:scrip:term:DEMO.S1.T1 clientAuth && allow good DEMO.S1.T1
certify unlisted urn:scrip:term:DEMO.S1.T2 clientAuth
certify server urn:scrip:term:DEMO.S1.T3 serverAuth && allow server DEMO.S1.T3
certify foreign urn:scrip:term:DEMO.S1.T1 clientAuth "$work/other" && allow foreign DEMO.S1.T1
certify nameless urn:scrip:term:DEMO clientAuth && allow nameless DEMO.S1.T4
allow good DEMO.S1.T1
is "a listed terminal is served" 200 "$(ask good /v1/objects/keys)"
unheard "without a certificate there is no answer" "$(ask - /v1/objects/keys)"
unheard "nor for another authority's" "$(ask foreign /v1/objects/keys)"
unheard "nor for a server's certificate" "$(ask server /v1/objects/keys)"
unheard "nor for one that names no terminal" "$(ask nameless /v1/objects/keys)"
alert "an alert says that one is required" "alert certificate required"
alert "an alert says that it is bad" "alert bad certificate" \
    -cert "$work/foreign.crt" -key "$work/foreign.key"
is "TLS 1.2 is not spoken" "curl 35" "$(ask good /v1/objects/keys --tls-max 1.2)"
problem "a terminal that is not listed" 403 not-allowed "$(ask unlisted /v1/objects/keys)"
echo suspended=1 >>"$entry"
problem "a suspended terminal" 403 suspended "$(ask good /v1/objects/keys)"
rm "$entry"
problem "a revoked terminal" 403 not-allowed "$(ask good /v1/objects/keys)"
allow good DEMO.S1.T1

# What is served and what is not.
is "the key set" 200 "$(ask good /v1/objects/keys)"
cmp -s "$work/body" "$work/pki/objects/keys.cose"
report "is the file's bytes" $? "they differ"
etag=$(sed -n 's/^[Ee][Tt]ag: \(".*"\).*/\1/p' "$work/head")
is "unchanged, it is not sent again" 304 "$(ask good /v1/objects/keys -H "If-None-Match: $etag")"
"$programs/scrip" pki objects "$work/pki" >/dev/null
is "issued anew, it is" 200 "$(ask good /v1/objects/keys -H "If-None-Match: $etag")"
is "the policy" 200 "$(ask good /v1/objects/policy)"
problem "no operators have been published" 404 not-found "$(ask good /v1/objects/operators)"
"$programs/scrip" pki operators "$work/pki" --add 7 --may reverse --without-badge >/dev/null
is "published, they are there" 200 "$(ask good /v1/objects/operators)"
problem "nor has a status list" 404 not-found "$(ask good /v1/objects/lists)"
"$programs/scrip" pki revoke "$work/pki" --list 1 >/dev/null
"$programs/scrip" pki revoke "$work/pki" --list 12 --entries 64 >/dev/null
is "of two lists" 200 "$(ask good /v1/objects/lists)"
cmp -s "$work/body" "$work/pki/objects/list-12.cose"
report "terminals get the one of the highest number" $? "they differ"
problem "an object that is none" 404 not-found "$(ask good /v1/objects/secrets)"
problem "a method that is none" 405 method "$(ask good /v1/sync)"
problem "JSON that is none" 400 malformed "$(ask good /v1/sync -H "$json" -d '{"v":1')"
problem "a field that is unknown" 400 unknown-field "$(ask good /v1/sync -H "$json" -d '{"v":1,"member":"Ann"}')"
grep -q 'unknown field: member' "$work/body"
report "is named" $? "$(cat "$work/body")"
problem "another media type" 415 media-type "$(ask good /v1/sync -H 'Content-Type: text/plain' -d '{}')"
head -c 300000 /dev/zero | tr '\0' ' ' >"$work/big"
problem "too long a body" 413 too-large "$(ask good /v1/sync -H "$json" -H 'Expect:' --data-binary "@$work/big")"
problem "too long a body in chunks" 413 too-large "$(ask good /v1/sync -H "$json" -H 'Transfer-Encoding: chunked' -H 'Expect:' --data-binary "@$work/big")"
! grep -q Ann "$work/log"
report "nothing of it is in the log" $? "$(grep Ann "$work/log")"

# Ending.
stop TERM
is "it ends when asked" 0 "$ended"
start
stop KILL
start
is "after a kill it serves again" 200 "$(ask good /v1/objects/keys)"
stop TERM
is "the database is sound" ok "$(sqlite3 "$work/host.db" 'PRAGMA integrity_check')"
