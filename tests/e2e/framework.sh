#!/bin/sh
# The tests' own tools can fail: a wrong value, a crash, silence and an empty case are each counted.
set -u
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
number=0

expect() { # what, wanted count line ("P passed, F failed"), program
    number=$((number + 1))
    rm -rf "$work/results"
    RESULTS=$work/results tests/run-suite self "$3" >"$work/log" 2>&1
    suite=$?
    got=$(RESULTS=$work/results tests/run-suite --total)
    total=$?
    case $2 in *' 0 failed') wanted=0 ;; *) wanted=1 ;; esac
    if [ "$got" = "$2" ] && [ "$suite" = "$wanted" ] && [ "$total" = "$wanted" ]; then
        echo "ok $number - $1"
    else
        echo "not ok $number - $1: got '$got' (exit $suite, $total), wanted '$2'"
        cat "$work/log"
    fi
}

script() { # name, text
    printf '#!/bin/sh\n%s\n' "$2" >"$work/$1"
    chmod +x "$work/$1"
}

script good 'echo "ok 1 - a"; echo "ok 2 - b"'
script bad 'echo "ok 1 - a"; echo "not ok 2 - b"'
script silent ':'
script broken 'echo "ok 1 - a"; exit 3'
script closing 'echo "closing: 7 passed, 0 failed"'
script killed 'echo "killed: 7 passed, 0 failed"; kill -SEGV $$'
script slow 'echo "ok 1 - a"; exec sleep 30'
expect "two good lines" "2 passed, 0 failed" "$work/good"
expect "a bad line" "1 passed, 1 failed" "$work/bad"
expect "a program that says nothing" "0 passed, 1 failed" "$work/silent"
expect "good lines, but a bad exit status" "1 passed, 1 failed" "$work/broken"
expect "a closing line" "7 passed, 0 failed" "$work/closing"
expect "a closing line, then a crash" "7 passed, 1 failed" "$work/killed"
TEST_TIMEOUT_S=1 expect "a program that hangs" "1 passed, 1 failed" "$work/slow"

cat >"$work/cases.c" <<'C'
#include "tests/check.h"
const char *scrip_status_name(enum scrip_status status)
{
    return status == SCRIP_OK ? "OK" : "other";
}
static void good(void) { CHECK(1); CHECK_EQ_INT(2, 2); CHECK_EQ_BYTES("ab", "ab", 2); }
static void integer(void) { CHECK_EQ_INT(2, 3); }
static void bytes(void) { CHECK_EQ_BYTES("ab", "ac", 2); }
static void string(void) { CHECK_EQ_STRING("ab", NULL); }
static void status(void) { CHECK_STATUS(SCRIP_AGAIN, SCRIP_OK); }
static void require(void) { REQUIRE(0); check_state.failures = 0; }
static void empty(void) {}
int main(void)
{
    CHECK_RUN(good);
    CHECK_RUN(integer);
    CHECK_RUN(bytes);
    CHECK_RUN(string);
    CHECK_RUN(status);
    CHECK_RUN(require);
    CHECK_RUN(empty);
    return check_done();
}
C
if "${CC:-gcc}" -std=c11 -I. -o "$work/cases" "$work/cases.c"; then
    expect "check.h: one good case and six bad ones" "1 passed, 6 failed" "$work/cases"
else
    echo "not ok - tests/check.h does not compile"
fi
