/*
 * files_bench DIRECTORY: the same payloads into the journal on a flash image, into SQLite (WAL,
 * synchronous=FULL) and into LMDB, each append durable before the next, in turns and on the same
 * filesystem. Whatever each does beside the append (erases, acks, checkpoints) is counted with it.
 *
 * Prints raw samples, `series count amount`: nanoseconds for `count` appends, and bytes that were
 * handed to the kernel meanwhile (wchar of /proc/self/io).
 */
#include <lmdb.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "platform/posix/entropy.h"
#include "platform/posix/flash.h"
#include "platform/posix/keystore.h"
#include "platform/posix/log.h"
#include "store/journal.h"
#include "tests/check.h"

enum { ROUNDS = 50, A_ROUND = 64, PAYLOAD = 200, BATCH = 16, IMAGE_BYTES = 1 << 20 };

static uint8_t payload[PAYLOAD];

static void next_payload(uint32_t number)
{
    for (size_t i = 0; i < sizeof payload; i++)
        payload[i] = (uint8_t)(number * 2654435761u >> (i % 24));
}

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

static uint64_t bytes_written(void)
{
    char line[80];
    uint64_t bytes = 0;
    FILE *io = fopen("/proc/self/io", "r");

    CHECK(io != NULL);
    while (io != NULL && fgets(line, sizeof line, io) != NULL)
        if (strncmp(line, "wchar: ", 7) == 0)
            bytes = strtoull(line + 7, NULL, 10);
    if (io != NULL)
        fclose(io);
    return bytes;
}

static void measure(const char *name, void (*append)(uint32_t number), uint32_t from)
{
    uint64_t bytes = bytes_written(), start_ns = now_ns();

    for (uint32_t i = 0; i < A_ROUND; i++) {
        next_payload(from + i);
        append(from + i);
    }
    uint64_t took_ns = now_ns() - start_ns;
    bytes = bytes_written() - bytes;
    fflush(stdout);
    printf("%s_time %d %" PRIu64 "\n%s_bytes %d %" PRIu64 "\n", name, A_ROUND, took_ns, name,
           A_ROUND, bytes);
    fflush(stdout);
}

static struct posix_flash flash;
static struct posix_keystore keystore;
static struct keys keys;
static struct journal journal;

static void journal_settle(void)
{
    enum scrip_status status;

    while ((status = journal_idle(&journal)) == SCRIP_AGAIN)
        ;
    CHECK_STATUS(status, SCRIP_OK);
}

static void open_journal(const char *directory)
{
    char path[512];

    snprintf(path, sizeof path, "%s/keys", directory);
    REQUIRE(posix_keystore_open(&keystore, path, &posix_log) == SCRIP_OK);
    snprintf(path, sizeof path, "%s/journal", directory);
    REQUIRE(posix_flash_open(&flash, path, IMAGE_BYTES, &posix_log) == SCRIP_OK);
    REQUIRE(keys_open(&keys, &keystore.hal) == SCRIP_OK);
    REQUIRE(journal_format(&flash.hal, &keys) == SCRIP_OK);
    REQUIRE(journal_mount(&journal, &flash.hal, &keys, NULL, NULL) == SCRIP_OK);
    journal_settle();
}

static void append_journal(uint32_t number)
{
    REQUIRE(journal_append(&journal, JOURNAL_DATA, JOURNAL_NORMAL,
                           bytes_of(payload, sizeof payload)) == SCRIP_OK);
    journal_settle();
    if (number % BATCH == BATCH - 1)
        CHECK_STATUS(journal_ack(&journal, journal_next_seq(&journal) - 1), SCRIP_OK);
}

static sqlite3 *sqlite;
static sqlite3_stmt *insert;

static void open_sqlite(const char *directory)
{
    char path[512];

    snprintf(path, sizeof path, "%s/sqlite", directory);
    REQUIRE(sqlite3_open(path, &sqlite) == SQLITE_OK);
    REQUIRE(sqlite3_exec(sqlite,
                         "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                         "CREATE TABLE entry (seq INTEGER PRIMARY KEY, payload BLOB NOT NULL)",
                         NULL, NULL, NULL) == SQLITE_OK);
    REQUIRE(sqlite3_prepare_v2(sqlite, "INSERT INTO entry VALUES (?, ?)", -1, &insert, NULL) ==
            SQLITE_OK);
}

static void append_sqlite(uint32_t number)
{
    sqlite3_bind_int64(insert, 1, number);
    sqlite3_bind_blob(insert, 2, payload, sizeof payload, SQLITE_STATIC);
    REQUIRE(sqlite3_step(insert) == SQLITE_DONE);
    REQUIRE(sqlite3_reset(insert) == SQLITE_OK);
}

static MDB_env *lmdb;
static MDB_dbi table;

static void open_lmdb(const char *directory)
{
    char path[512];
    MDB_txn *txn;

    snprintf(path, sizeof path, "%s/lmdb", directory);
    REQUIRE(mkdir(path, 0700) == 0);
    REQUIRE(mdb_env_create(&lmdb) == 0);
    REQUIRE(mdb_env_set_mapsize(lmdb, 64 << 20) == 0);
    REQUIRE(mdb_env_open(lmdb, path, 0, 0600) == 0);
    REQUIRE(mdb_txn_begin(lmdb, NULL, 0, &txn) == 0);
    REQUIRE(mdb_dbi_open(txn, NULL, MDB_INTEGERKEY, &table) == 0);
    REQUIRE(mdb_txn_commit(txn) == 0);
}

static void append_lmdb(uint32_t number)
{
    MDB_val key = {sizeof number, &number}, value = {sizeof payload, payload};
    MDB_txn *txn;

    REQUIRE(mdb_txn_begin(lmdb, NULL, 0, &txn) == 0);
    REQUIRE(mdb_put(txn, table, &key, &value, MDB_APPEND) == 0);
    REQUIRE(mdb_txn_commit(txn) == 0);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: files_bench DIRECTORY\n");
        return 2;
    }
    CHECK_STATUS(crypto_open(&posix_entropy), SCRIP_OK);
    open_journal(argv[1]);
    open_sqlite(argv[1]);
    open_lmdb(argv[1]);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        measure("journal", append_journal, round * A_ROUND);
        measure("sqlite", append_sqlite, round * A_ROUND);
        measure("lmdb", append_lmdb, round * A_ROUND);
    }
    sqlite3_finalize(insert);
    sqlite3_close(sqlite);
    mdb_env_close(lmdb);
    keys_close(&keys);
    posix_keystore_close(&keystore);
    posix_flash_close(&flash);
    return check_state.failures == 0 ? 0 : 1;
}
