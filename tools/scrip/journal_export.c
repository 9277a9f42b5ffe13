/*
 * scrip journal export: what a terminal without a line has not settled, as a file for its host.
 *
 * Each line is the body of a sync as the terminal itself would send it (SPEC section 12), signed by
 * its key: `scrip-host --import` settles it like one. Nothing is changed at the terminal; once it
 * has a line again it sends the same records, and hears the same verdicts.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/identity.h"
#include "base/json.h"
#include "redeem/policy.h"
#include "redeem/record.h"
#include "sync/message.h"
#include "tools/scrip/commands.h"
#include "tools/scrip/file.h"
#include "tools/scrip/journal_image.h"

enum { HELD_MOST = 1 << 14, LINE_BYTES = 2 * LIMIT_SYNC_BODY };

struct held {
    uint32_t seq;
    uint16_t len;
    uint8_t data[LIMIT_RECORD_BYTES];
};

/* The records of an image above the cursor, ascending. */
struct outbox {
    struct held *held; /* HELD_MOST of them */
    size_t count;
    uint32_t ack, next_seq; /* next_seq: behind the newest number that is known to be taken */
    uint32_t open_ask;      /* not decided: it and what follows it stay */
    bool too_many;
};

static void keep(struct outbox *outbox, const struct journal_entry *entry)
{
    if (entry->seq < outbox->next_seq || entry->payload.len > LIMIT_RECORD_BYTES)
        return;
    outbox->next_seq = entry->seq + 1;
    if (outbox->count == HELD_MOST) {
        outbox->too_many = true;
        return;
    }
    struct held *held = &outbox->held[outbox->count++];
    held->seq = entry->seq;
    held->len = (uint16_t)entry->payload.len;
    memcpy(held->data, entry->payload.data, entry->payload.len);
}

static enum scrip_status collect(void *context, const struct journal_finding *finding)
{
    struct outbox *outbox = context;
    const struct journal_entry *entry = &finding->entry;
    if (finding->what == JOURNAL_FOUND_ENTRY || finding->what == JOURNAL_FOUND_COPY) {
        outbox->ack = finding->ack > outbox->ack ? finding->ack : outbox->ack;
        if (entry->type == JOURNAL_DATA)
            keep(outbox, entry);
        else if (finding->what == JOURNAL_FOUND_ENTRY && entry->seq > outbox->next_seq)
            outbox->next_seq = entry->seq;
    }
    return SCRIP_OK;
}

static bool read_held(const struct held *held, struct record *record)
{
    return record_read(bytes_of(held->data, held->len), record) == SCRIP_OK &&
           record->seq == held->seq;
}

/* Leaves what is acknowledged, and an ask without an outcome and all behind it, out. Gives the
 * first and the end of what is left. */
static void trim(struct outbox *outbox, size_t *first, size_t *end)
{
    struct record record;
    uint32_t open_ask = 0;
    for (*first = 0; *first < outbox->count && outbox->held[*first].seq <= outbox->ack; ++*first)
        ;
    for (*end = *first; *end < outbox->count; ++*end) {
        if (!read_held(&outbox->held[*end], &record))
            continue;
        if (record.type == RECORD_REDEEM && record.mode == PERMIT_ASK)
            open_ask = record.seq;
        if (record.type == RECORD_OUTCOME && record.of == open_ask)
            open_ask = 0;
    }
    while (open_ask != 0 && *end > *first && outbox->held[*end - 1].seq >= open_ask)
        --*end;
}

/* The chain's state: its head over all that goes, and the base that the terminal has of its host.
 */
static enum scrip_status describe(const struct outbox *outbox, const struct keys *keys,
                                  size_t first, size_t end, struct message_chain *chain)
{
    const struct held *last = &outbox->held[end - 1];
    struct record record;
    chain->epoch = keys->epoch;
    chain->boot = 1;
    chain->head_seq = last->seq;
    chain->acked_seq = outbox->ack;
    TRY(record_link(bytes_of(last->data, last->len), chain->head));
    if (first > 0 && outbox->held[first - 1].seq == outbox->ack)
        return record_link(bytes_of(outbox->held[first - 1].data, outbox->held[first - 1].len),
                           chain->acked_head);
    if (outbox->ack == 0) {
        memcpy(chain->acked_head, keys->first_prev, sizeof chain->acked_head);
        return SCRIP_OK;
    }
    if (outbox->held[first].seq != outbox->ack + 1 || !read_held(&outbox->held[first], &record))
        return SCRIP_FAULT_CORRUPT;
    memcpy(chain->acked_head, record.prev, sizeof chain->acked_head);
    return SCRIP_OK;
}

/* One body: as many records as a sync takes, those that cannot be read declared missing. */
static enum scrip_status put_batch(const struct outbox *outbox, const struct keys *keys, size_t *at,
                                   size_t end, struct message_chain *chain, struct buffer *line)
{
    uint8_t memory[MESSAGE_CHAIN_BYTES];
    struct buffer statement = buffer_of(memory, sizeof memory);
    const struct message_facts facts = {.depth = chain->head_seq - chain->acked_seq};
    struct json_out json;
    size_t sent = 0;
    json_out_open(&json, json_to_buffer, line);
    message_put_open(&json);
    chain->missing_count = 0;
    chain->to_seq = chain->from_seq - 1;
    while (*at < end && sent + chain->missing_count < LIMIT_SYNC_RECORDS &&
           chain->missing_count < MESSAGE_MISSING_MAX) {
        const struct held *held = &outbox->held[*at];
        if (held->seq > ++chain->to_seq) {
            chain->missing[chain->missing_count++] = chain->to_seq;
            continue;
        }
        message_put_record(&json, held->seq, bytes_of(held->data, held->len), false);
        ++*at;
        sent++;
    }
    TRY(crypto_random(chain->nonce, sizeof chain->nonce));
    TRY(message_chain_sign(chain, keys, &statement));
    message_put_chain(&json, chain, buffer_bytes(&statement));
    message_put_facts(&json, &facts);
    TRY(json_out_end(&json));
    buffer_put_byte(line, '\n');
    return line->overflow ? SCRIP_REFUSED_TOO_LONG : SCRIP_OK;
}

static enum scrip_status write_all(const struct outbox *outbox, const struct keys *keys,
                                   size_t first, size_t end, const char *terminal, const char *path)
{
    struct message_chain chain = {.terminal = terminal, .from_seq = outbox->ack + 1};
    size_t at = first, room = LINE_BYTES * (2 + (end - first) / 8);
    uint8_t *memory = malloc(room);
    struct buffer out = buffer_of(memory, room);
    if (memory == NULL)
        return SCRIP_FAULT_MEMORY;
    enum scrip_status status = describe(outbox, keys, first, end, &chain);
    while (status == SCRIP_OK && at < end) {
        status = put_batch(outbox, keys, &at, end, &chain, &out);
        chain.from_seq = chain.to_seq + 1;
    }
    if (status == SCRIP_OK)
        status = file_write(path, buffer_bytes(&out), 0600);
    free(memory);
    return status;
}

static int export_image(const struct journal_image *image, struct outbox *outbox,
                        const struct arguments *arguments, const char *terminal)
{
    size_t first, end;
    enum scrip_status status = journal_examine(&image->flash, &image->keys, collect, outbox);
    if (status != SCRIP_OK)
        return refuse("%s cannot be examined: %s", arguments->argument[0],
                      scrip_status_text(status));
    if (outbox->too_many)
        return refuse("more than %d records: let the terminal sync", HELD_MOST);
    trim(outbox, &first, &end);
    if (first == end) {
        printf("journal: nothing to export: all up to %lu is acknowledged\n",
               (unsigned long)outbox->ack);
        return EXIT_DONE;
    }
    status = write_all(outbox, &image->keys, first, end, terminal, arguments->argument[1]);
    if (status != SCRIP_OK)
        return refuse("the export cannot be made: %s", scrip_status_text(status));
    printf("journal: records %lu to %lu are in %s, signed by %s; the host takes them with "
           "--import\n",
           (unsigned long)outbox->ack + 1, (unsigned long)outbox->held[end - 1].seq,
           arguments->argument[1], terminal);
    return EXIT_DONE;
}

static int run(const struct arguments *arguments)
{
    struct journal_image image;
    struct outbox outbox = {.next_seq = 1};
    struct identity identity;
    const char *keystore = option_text(arguments, "--keystore");
    const char *terminal = option_text(arguments, "--terminal");
    if (keystore == NULL || terminal == NULL)
        return misuse("--keystore DIR and --terminal NAME of the same terminal");
    if (identity_parse(bytes_text(terminal), &identity) != SCRIP_OK)
        return misuse("--terminal: MERCHANT.STORE.TERMINAL, as it was enrolled");
    if (journal_image_open(&image, arguments->argument[0], keystore) != SCRIP_OK)
        return EXIT_REFUSED;
    outbox.held = calloc(HELD_MOST, sizeof *outbox.held);
    int code = outbox.held == NULL ? refuse("%s", scrip_status_text(SCRIP_FAULT_MEMORY))
                                   : export_image(&image, &outbox, arguments, identity.text);
    free(outbox.held);
    journal_image_close(&image);
    return code;
}

static const struct option options[] = {
    {"--keystore", "DIR", "the terminal's keys"},
    {"--terminal", "NAME", "the terminal's name, MERCHANT.STORE.TERMINAL"},
    {NULL, NULL, NULL},
};

const struct command command_journal_export = {
    "journal export",
    "IMAGE FILE --keystore DIR --terminal NAME",
    "Writes what the host has not acknowledged into a signed file for `scrip-host --import`.",
    2,
    options,
    run,
};
