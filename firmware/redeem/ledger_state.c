/* What the records say: codes spent, sums, requests seen, marks. In RAM, and rebuilt from them. */
#include <string.h>

#include "redeem/ledger_private.h"

enum { SECONDS_A_DAY = 86400, EXPIRY_GRACE_S = 120, COUPON_LIFE_S = 900 };

static enum scrip_status mac8(const struct ledger *ledger, const struct bytes *parts, size_t count,
                              uint8_t out[8])
{
    uint8_t mac[CRYPTO_HASH_BYTES];
    TRY(crypto_hmac(bytes_of(ledger->spent_key, sizeof ledger->spent_key), parts, count, mac));
    memcpy(out, mac, 8);
    return SCRIP_OK;
}

/* Every use has a length of input of its own, so that a code's key is never a member's. */
static enum scrip_status code_key(const struct ledger *ledger, uint32_t issuer,
                                  const uint8_t cti[TOKEN_ID_BYTES], uint8_t key[8])
{
    uint8_t number[4];
    bytes_put_u32(number, issuer);
    const struct bytes parts[] = {bytes_of(number, sizeof number), bytes_of(cti, TOKEN_ID_BYTES)};
    return mac8(ledger, parts, 2, key);
}

static enum scrip_status member_key(const struct ledger *ledger,
                                    const uint8_t member[TOKEN_ID_BYTES], uint8_t key[8])
{
    const struct bytes part = bytes_of(member, TOKEN_ID_BYTES);
    if (ledger->asked.known && memcmp(ledger->asked.member, member, TOKEN_ID_BYTES) == 0) {
        memcpy(key, ledger->asked.key, 8);
        return SCRIP_OK;
    }
    return mac8(ledger, &part, 1, key);
}

enum scrip_status ledger_code_of(const struct ledger *ledger, uint32_t issuer,
                                 const struct token_claims *claims, struct ledger_code *code)
{
    memset(code, 0, sizeof *code);
    code->exp_s = claims->exp_s;
    code->has_member = claims->has_member;
    if (claims->has_member)
        TRY(member_key(ledger, claims->member, code->member));
    return code_key(ledger, issuer, claims->cti, code->key);
}

enum scrip_status ledger_code_of_record(const struct ledger *ledger, const struct record *redeem,
                                        struct ledger_code *code)
{
    struct cose message;
    struct token_claims claims;
    if (cose_parse(redeem->token, &message) != SCRIP_OK ||
        token_claims_read(message.payload, &claims) != SCRIP_OK)
        return SCRIP_FAULT_CORRUPT;
    return ledger_code_of(ledger, redeem->issuer, &claims, code);
}

struct ledger_spent *ledger_find_spent(struct ledger *ledger, const uint8_t key[8])
{
    for (size_t i = 0; i < ledger->spent_count; i++)
        if (memcmp(ledger->spent[i].key, key, 8) == 0)
            return &ledger->spent[i];
    return NULL;
}

static void remove_spent(struct ledger *ledger, struct ledger_spent *entry)
{
    *entry = ledger->spent[--ledger->spent_count];
}

/* A code whose use the host has refused stays spent: it was used elsewhere, or is worth nothing. */
static void burn(struct ledger *ledger, uint32_t seq)
{
    for (size_t i = 0; i < ledger->spent_count; i++)
        if (ledger->spent[i].seq == seq)
            ledger->spent[i].seq |= LEDGER_BURNT;
}

static void release(struct ledger *ledger, uint32_t seq)
{
    for (size_t i = 0; i < ledger->spent_count; i++) {
        if (ledger->spent[i].seq == seq) {
            remove_spent(ledger, &ledger->spent[i]);
            return;
        }
    }
}

/* Room was made sure of before the record became durable (L5), also for recovery. */
static void spend(struct ledger *ledger, const struct ledger_code *code, uint32_t seq)
{
    if (ledger->spent_count == LIMIT_SPENT)
        return;
    struct ledger_spent *entry = &ledger->spent[ledger->spent_count++];
    memcpy(entry->key, code->key, sizeof entry->key);
    entry->exp_s = code->exp_s;
    entry->seq = seq;
    ledger->recovered_spent++;
}

void ledger_clock(struct ledger *ledger, uint32_t floor_s, uint32_t unc_s, uint32_t signed_s)
{
    if (floor_s > ledger->floor_s)
        ledger->floor_s = floor_s;
    ledger->unc_s = unc_s;
    ledger->signed_s = signed_s;
    for (size_t i = ledger->spent_count; i-- > 0;)
        if (ledger->floor_s > (uint64_t)ledger->spent[i].exp_s + EXPIRY_GRACE_S)
            remove_spent(ledger, &ledger->spent[i]);
}

/* The claims of the code that an entry stands for, where its record can still be read. */
static bool read_spent(struct ledger *ledger, const struct ledger_spent *entry,
                       struct token_claims *claims)
{
    struct record record;
    struct cose message;
    uint8_t key[8];
    return ledger_record(ledger, entry->seq & ~LEDGER_BURNT, &record) == SCRIP_OK &&
           record.type == RECORD_REDEEM && cose_parse(record.token, &message) == SCRIP_OK &&
           token_claims_read(message.payload, claims) == SCRIP_OK &&
           code_key(ledger, record.issuer, claims->cti, key) == SCRIP_OK &&
           memcmp(key, entry->key, sizeof key) == 0;
}

void ledger_leave_to_list(struct ledger *ledger, uint32_t list_seq, ledger_listed *listed,
                          void *context)
{
    for (size_t i = ledger->spent_count; i-- > 0;) {
        struct ledger_spent *entry = &ledger->spent[i];
        struct token_claims claims;
        /* What is no coupon is over before long: most records need not be read. */
        if ((entry->seq & ~LEDGER_BURNT) > ledger->acked_seq ||
            entry->exp_s <= (uint64_t)ledger->floor_s + COUPON_LIFE_S ||
            !read_spent(ledger, entry, &claims) || !claims.has_status || !listed(context, &claims))
            continue;
        remove_spent(ledger, entry);
        ledger->listed_seq = list_seq;
    }
}

bool ledger_is_spent(struct ledger *ledger, uint32_t issuer, const uint8_t cti[TOKEN_ID_BYTES],
                     uint32_t *seq)
{
    uint8_t key[8];
    *seq = 0;
    if (code_key(ledger, issuer, cti, key) != SCRIP_OK)
        return true;
    const struct ledger_spent *entry = ledger_find_spent(ledger, key);
    if (entry)
        *seq = entry->seq & ~LEDGER_BURNT;
    return entry != NULL;
}

enum scrip_status ledger_draw(const struct ledger *ledger, uint32_t issuer,
                              const uint8_t cti[TOKEN_ID_BYTES], uint8_t draw[8])
{
    uint8_t number[4];
    bytes_put_u32(number, issuer);
    const struct bytes parts[] = {bytes_text("draw"), bytes_of(number, sizeof number),
                                  bytes_of(cti, TOKEN_ID_BYTES)};
    return mac8(ledger, parts, 3, draw);
}

static struct ledger_member *find_member(struct ledger *ledger, const uint8_t key[8])
{
    for (size_t i = 0; i < ledger->member_count; i++)
        if (memcmp(ledger->members[i].key, key, 8) == 0)
            return &ledger->members[i];
    return NULL;
}

uint64_t ledger_member_today(struct ledger *ledger, const uint8_t member[TOKEN_ID_BYTES],
                             uint32_t t_s)
{
    uint8_t key[8];
    if (t_s / SECONDS_A_DAY > ledger->member_day)
        return 0;
    if (member_key(ledger, member, key) != SCRIP_OK)
        return UINT64_MAX;
    memcpy(ledger->asked.member, member, TOKEN_ID_BYTES);
    memcpy(ledger->asked.key, key, 8);
    ledger->asked.known = true;
    for (size_t i = 0; i < ledger->member_count; i++)
        if (memcmp(ledger->members[i].key, key, 8) == 0)
            return ledger->members[i].sum_minor;
    return ledger->member_least_minor;
}

/* When the table is full the lowest gives way, and who comes (back) starts from the highest that
 * gave way: never less than the truth. A clock that went back a day adds to the later day. */
static void give_member(struct ledger *ledger, const uint8_t key[8], uint32_t amount_minor,
                        uint32_t t_s)
{
    if (t_s / SECONDS_A_DAY > ledger->member_day) {
        ledger->member_day = t_s / SECONDS_A_DAY;
        ledger->member_count = 0;
        ledger->member_least_minor = 0;
    }
    struct ledger_member *member = find_member(ledger, key);
    if (!member) {
        if (ledger->member_count < LEDGER_MEMBERS) {
            member = &ledger->members[ledger->member_count++];
        } else {
            member = &ledger->members[0];
            for (size_t i = 1; i < ledger->member_count; i++)
                if (ledger->members[i].sum_minor < member->sum_minor)
                    member = &ledger->members[i];
            if (member->sum_minor > ledger->member_least_minor)
                ledger->member_least_minor = member->sum_minor;
        }
        memcpy(member->key, key, sizeof member->key);
        member->sum_minor = ledger->member_least_minor;
    }
    uint64_t sum = (uint64_t)member->sum_minor + amount_minor;
    member->sum_minor = sum < UINT32_MAX ? (uint32_t)sum : UINT32_MAX;
}

static void take_member(struct ledger *ledger, const uint8_t key[8], uint32_t amount_minor)
{
    struct ledger_member *member = find_member(ledger, key);
    if (member && member->sum_minor >= amount_minor)
        member->sum_minor -= amount_minor;
}

bool ledger_has_mark(const struct ledger *ledger, uint32_t seq, uint8_t what)
{
    for (size_t i = 0; i < ledger->mark_count; i++)
        if (ledger->marks[i].seq == seq && (ledger->marks[i].what & what))
            return true;
    return false;
}

static bool add_mark(struct ledger *ledger, uint32_t seq, uint8_t what)
{
    for (size_t i = 0; i < ledger->mark_count; i++) {
        if (ledger->marks[i].seq == seq) {
            ledger->marks[i].what |= what;
            return true;
        }
    }
    if (ledger->mark_count == LEDGER_MARKS)
        return false;
    ledger->marks[ledger->mark_count++] = (struct ledger_mark){seq, what};
    return true;
}

void ledger_forget_late(struct ledger *ledger, uint32_t seq)
{
    for (size_t i = 0; i < ledger->late_count; i++) {
        if (ledger->late[i] != seq)
            continue;
        ledger->late_count--;
        memmove(ledger->late + i, ledger->late + i + 1,
                (ledger->late_count - i) * sizeof ledger->late[0]);
        return;
    }
}

static void add_late(struct ledger *ledger, uint32_t seq)
{
    ledger_forget_late(ledger, seq);
    if (ledger->late_count == LEDGER_LATES)
        ledger_forget_late(ledger, ledger->late[0]);
    ledger->late[ledger->late_count++] = seq;
}

uint32_t ledger_ref_hash(struct bytes sale_id, struct bytes service_id)
{
    uint32_t crc = bytes_crc32(0, sale_id.data, sale_id.len);
    crc = bytes_crc32(crc, "", 1);
    return bytes_crc32(crc, service_id.data, service_id.len);
}

static void add_ref(struct ledger *ledger, const struct record *record)
{
    if (record->service_id.len == 0)
        return;
    if (ledger->ref_count == LEDGER_REFS) {
        memmove(ledger->refs, ledger->refs + 1, (LEDGER_REFS - 1) * sizeof ledger->refs[0]);
        ledger->ref_count--;
    }
    ledger->refs[ledger->ref_count++] = (struct ledger_ref){
        ledger_ref_hash(record->sale_id, record->service_id), record->seq};
}

bool ledger_is_approval(const struct record *record)
{
    return (record->type == RECORD_REDEEM && record->mode == PERMIT_OFFLINE) ||
           (record->type == RECORD_OUTCOME &&
            (record->result == RECORD_ACCEPTED || record->result == RECORD_OFFLINE));
}

static void approve(struct ledger *ledger, const struct record *record, uint32_t redeem_seq,
                    const uint8_t *member)
{
    ledger->unsettled_count++;
    ledger->unsettled_minor += record->amount_minor;
    ledger->approved_seq = redeem_seq;
    if (member)
        give_member(ledger, member, record->amount_minor, record->stamp.t_s);
}

static void apply_redeem(struct ledger *ledger, const struct record *record,
                         const struct ledger_code *code)
{
    spend(ledger, code, record->seq);
    add_ref(ledger, record);
    /* One transaction at a time: an ask that is still open here had an outcome that is unreadable.
     */
    ledger->open_ask = 0;
    if (ledger_is_approval(record)) {
        approve(ledger, record, record->seq, code->has_member ? code->member : NULL);
        return;
    }
    ledger->open_ask = record->seq;
    ledger->ask_minor = record->amount_minor;
    ledger->ask_has_member = code->has_member;
    memcpy(ledger->ask_member, code->member, sizeof ledger->ask_member);
}

static void apply_outcome(struct ledger *ledger, const struct record *record)
{
    if (ledger_is_approval(record)) {
        bool known = ledger->open_ask == record->of && ledger->ask_has_member;
        approve(ledger, record, record->of, known ? ledger->ask_member : NULL);
    } else if (record->result == RECORD_REFUSED) {
        burn(ledger, record->of);
    } else {
        release(ledger, record->of);
    }
    ledger->open_ask = 0;
}

/* A reversal that finds no room for its mark leaves the sum as it is until the redemption is
 * settled: too high, never too low. */
static void apply_reverse(struct ledger *ledger, const struct record *record,
                          const struct ledger_code *code)
{
    bool unsettled = record->of > ledger->acked_seq || record->of == ledger->acked_ask;
    release(ledger, record->of);
    ledger_forget_late(ledger, record->of);
    if (code && code->has_member)
        take_member(ledger, code->member, record->amount_minor);
    /* An award is worth nothing here, and has been in no sum. */
    if (unsettled && add_mark(ledger, record->of, LEDGER_REVERSED) && record->amount_minor != 0) {
        ledger->unsettled_count -= ledger->unsettled_count > 0;
        ledger->unsettled_minor -= ledger->unsettled_minor < record->amount_minor
                                       ? ledger->unsettled_minor
                                       : record->amount_minor;
    }
}

void ledger_apply(struct ledger *ledger, const struct record *record,
                  const struct ledger_code *code, const uint8_t link[RECORD_LINK_BYTES])
{
    switch (record->type) {
    case RECORD_REDEEM:
        apply_redeem(ledger, record, code);
        break;
    case RECORD_OUTCOME:
        apply_outcome(ledger, record);
        break;
    case RECORD_AWARD:
        add_ref(ledger, record);
        break;
    case RECORD_REVERSE:
        apply_reverse(ledger, record, code);
        break;
    case RECORD_LATE:
        burn(ledger, record->of);
        if (!ledger_has_mark(ledger, record->of, LEDGER_REVERSED))
            add_late(ledger, record->of);
        /* Without a mark a repeated verdict is recorded twice, which says nothing new. */
        (void)add_mark(ledger, record->of, LEDGER_LATE);
        break;
    default:
        break;
    }
    if (ledger->head_seq == ledger->acked_seq)
        ledger->oldest_s = record->stamp.t_s;
    memcpy(ledger->head, link, RECORD_LINK_BYTES);
    ledger->head_seq = record->seq;
    ledger->since_checkpoint++;
}
