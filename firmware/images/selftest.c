/*
 * selftest: whether a board keeps the contracts of hal/, for whoever has ported to it. It is the
 * board's own wiring that is tested: board_open() as the terminal calls it. See hal/PORTING.md.
 */
#include <string.h>

#include "boards/board.h"
#include "images/selftest/selftest.h"

/* Both are the Makefile's: the board's name, and "host:port" of tools/peer as the board sees it. */
#ifndef SELFTEST_BOARD
#define SELFTEST_BOARD "board"
#define SELFTEST_PEER ""
#endif

enum { CUT_WINDOW_MS = 3000 };

static struct selftest test;

int main(int argc, char **argv)
{
    const char *peer = SELFTEST_PEER;
    const struct hal *hal = NULL;
    enum scrip_status status;

    /* A process is told who the peer is before what its board is told. */
    if (argc > 2 && strcmp(argv[1], "--peer") == 0) {
        peer = argv[2];
        argv[2] = argv[0];
        argc -= 2;
        argv += 2;
    }
    if (board_open(argc, argv, &hal) != SCRIP_OK || hal == NULL || hal->log == NULL)
        return 1;
    status = selftest_run(&test, hal, board_wait, peer);
    if (status == SCRIP_OK && test.failed == 0)
        selftest_provoke_tears(&test, CUT_WINDOW_MS);
    if (status != SCRIP_OK)
        return 1;
    selftest_close(&test, SELFTEST_BOARD);
    return test.failed == 0 ? 0 : 1;
}
