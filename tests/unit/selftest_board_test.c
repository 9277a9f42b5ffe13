/*
 * The selftest of a board: one that keeps its contracts passes, and each fault that a board can
 * have is named by the contract that it breaks.
 */
#include "tests/unit/selftest_rig.h"

enum { CONTRACTS = 36, WINDOW_MS = 3000 };

static struct selftest test;

static enum scrip_status run(void)
{
    return selftest_run(&test, &rig.hal, rig_wait, "peer:4433");
}

static void names(struct faults fault, const char *contract)
{
    rig_open(fault);
    CHECK_STATUS(run(), SCRIP_OK);
    CHECK_EQ_STRING(rig.failed, contract);
    CHECK(test.failed >= 1);
}

#define NAMES(member, contract) names((struct faults){.member = true}, contract)

static void test_a_good_board_passes(void)
{
    rig_open((struct faults){.no_keystore = false});
    CHECK_STATUS(run(), SCRIP_OK);
    CHECK_EQ_STRING(rig.failed, "");
    CHECK_EQ_INT(test.failed, 0);
    CHECK_EQ_INT(test.contracts, CONTRACTS);
    CHECK_EQ_INT(rig.ok, CONTRACTS);
}

static void test_what_a_board_lacks_is_absent(void)
{
    rig_open((struct faults){.no_keystore = false});
    rig.hal.net = NULL;
    rig.hal.display = NULL;
    rig.hal.printer = NULL;
    rig.hal.scanner = NULL;
    rig.hal.buttons = NULL;
    rig.hal.till = NULL;
    rig.keystore.counter_read = NULL;
    rig.keystore.counter_advance = NULL;
    CHECK_STATUS(run(), SCRIP_OK);
    CHECK_EQ_INT(test.failed, 0);
    /* Six of the network and its clock, seven devices, the counter. */
    CHECK_EQ_INT(test.contracts, CONTRACTS - 14);
}

static void test_a_terminal_is_refused(void)
{
    rig_open((struct faults){.no_keystore = false});
    memset(rig.journal.byte, 0x33, sizeof rig.journal.byte);
    rig.slots.len[HAL_KEY_STATE] = 28;
    CHECK_STATUS(run(), SCRIP_REFUSED_STATE);
    rig.slots.len[HAL_KEY_STATE] = 0;
    rig.slots.len[HAL_KEY_DEVICE] = 32;
    CHECK_STATUS(run(), SCRIP_REFUSED_STATE);
    CHECK_EQ_INT(rig.slots.len[HAL_KEY_STATE], 0);
    for (size_t i = 0; i < sizeof rig.journal.byte; i++)
        CHECK(rig.journal.byte[i] == 0x33);
}

static void test_wiring_and_time(void)
{
    NAMES(no_keystore, "hal.wiring");
    NAMES(bad_tear_size, "flash.geometry");
    NAMES(odd_blobs, "flash.geometry");
    NAMES(log_blocks, "log.write");
    NAMES(clock_back, "rtc.monotonic");
    NAMES(clock_stands, "rtc.monotonic");
    NAMES(clock_double, "rtc.rate");
    NAMES(wait_returns, "board.wait");
    NAMES(wait_oversleeps, "board.wait");
    NAMES(sets_no_clock, "rtc.wall");
    NAMES(wall_stands, "rtc.wall");
}

static void test_keystore(void)
{
    NAMES(slot_unwritten, "keystore.absent");
    NAMES(slots_shared, "keystore.write");
    NAMES(slot_sticks, "keystore.replace");
    NAMES(slot_truncates, "keystore.read");
    NAMES(counter_back, "keystore.counter");
    NAMES(keys_overlap, "keystore.apart");
}

static void test_entropy(void)
{
    NAMES(entropy_short, "entropy.read");
    NAMES(entropy_long, "entropy.read");
    NAMES(entropy_fails, "entropy.read");
    NAMES(entropy_stuck, "entropy.health");
    NAMES(entropy_repeats, "entropy.health");
    NAMES(entropy_biased, "entropy.health");
}

static void test_flash(void)
{
    NAMES(erase_short, "flash.erase");
    NAMES(erase_wide, "flash.erase");
    NAMES(erase_blocks, "flash.erase_poll");
    NAMES(erase_twice, "flash.erase_poll");
    NAMES(program_lost, "flash.erase"); /* which programs first */
    NAMES(read_nothing, "flash.erase"); /* the first that reads */
    NAMES(read_words, "flash.read");
    NAMES(program_wipes_page, "flash.granularity");
    NAMES(program_misfits, "flash.granularity");
    NAMES(program_wraps, "flash.pages");
    NAMES(program_ands, "flash.program"); /* over what another contract left */
    NAMES(program_leaves, "flash.bounds");
    NAMES(sector_alias, "flash.whole");
    NAMES(regions_overlap, "flash.whole");
}

static void test_network(void)
{
    NAMES(net_never, "net.connect");
    NAMES(net_drops, "net.echo");
    NAMES(net_shuffles, "net.echo");
    NAMES(net_idle_fault, "net.idle");
    NAMES(net_idle_blocks, "net.idle");
    NAMES(net_state_again, "net.idle");
    NAMES(net_loses_last, "net.end");
    NAMES(net_never_ends, "net.end");
    NAMES(net_once, "net.reopen");
}

static void test_devices(void)
{
    NAMES(show_fails, "display.show");
    NAMES(banner_slow, "display.banner");
    NAMES(qr_any, "display.qr");
    NAMES(printer_out, "printer.print");
    NAMES(scanner_talks, "scanner.idle");
    NAMES(button_stuck, "buttons.idle");
    NAMES(till_talks, "till.idle");
}

/* Cuts the power at operation k of the writes that ask for it, and boots again. */
static void cut_at(struct faults fault, unsigned k)
{
    rig_open(fault);
    rig.seed = k * 77;
    if (setjmp(rig.power) == 0) {
        CHECK_STATUS(run(), SCRIP_OK);
        CHECK_EQ_INT(test.failed, 0);
        rig.countdown = k;
        selftest_provoke_tears(&test, WINDOW_MS);
        REQUIRE(false); /* it was not cut: there is no such operation */
    }
    rig_boot();
    CHECK_STATUS(run(), SCRIP_OK);
    CHECK(rig.tears_seen);
}

enum { CUTS = 3000 };

/* Some cut of a board with the fault is noticed, and by that contract. */
static bool is_noticed(struct faults fault, const char *contract)
{
    for (unsigned k = 1; k < CUTS; k += 7) {
        cut_at(fault, k);
        if (strcmp(rig.failed, contract) == 0)
            return true;
        CHECK_EQ_STRING(rig.failed, "");
    }
    return false;
}

static void test_cuts_of_a_good_board_are_explained(void)
{
    for (unsigned k = 1; k < CUTS; k += 3) {
        cut_at((struct faults){.no_keystore = false}, k);
        CHECK_EQ_STRING(rig.failed, "");
    }
}

static void test_cuts_show_what_a_board_hides(void)
{
    CHECK(is_noticed((struct faults){.tears_more = 256}, "flash.tear"));
    CHECK(is_noticed((struct faults){.program_promises = true}, "flash.tear"));
    CHECK(is_noticed((struct faults){.tears_ahead = true}, "flash.tear"));
    CHECK(is_noticed((struct faults){.forgets = true}, "flash.tear"));
    CHECK(is_noticed((struct faults){.forgets_noisily = true}, "flash.tear"));
    CHECK(is_noticed((struct faults){.caches = true}, "flash.tear"));
    CHECK(is_noticed((struct faults){.slot_mixes = true}, "keystore.tear"));
}

static void test_writes_that_nobody_cuts(void)
{
    rig_open((struct faults){.no_keystore = false});
    CHECK_STATUS(run(), SCRIP_OK);
    /* Time passes with the operations. */
    rig.countdown = 0;
    rig.fault.log_blocks = true;
    selftest_provoke_tears(&test, 40);
    CHECK_EQ_INT(test.failed, 0);
    rig.fault.log_blocks = false;
    rig_boot();
    CHECK_STATUS(run(), SCRIP_OK);
    CHECK_EQ_STRING(rig.failed, "");
    CHECK(!rig.tears_seen);
}

int main(void)
{
    CHECK_RUN(test_a_good_board_passes);
    CHECK_RUN(test_what_a_board_lacks_is_absent);
    CHECK_RUN(test_a_terminal_is_refused);
    CHECK_RUN(test_wiring_and_time);
    CHECK_RUN(test_keystore);
    CHECK_RUN(test_entropy);
    CHECK_RUN(test_flash);
    CHECK_RUN(test_network);
    CHECK_RUN(test_devices);
    CHECK_RUN(test_cuts_of_a_good_board_are_explained);
    CHECK_RUN(test_cuts_show_what_a_board_hides);
    CHECK_RUN(test_writes_that_nobody_cuts);
    return check_done();
}
