/*
 * counted: the terminal's own image with counters between its parts, put there by the linker
 * (--wrap), for `make run`. Everything else is object for object what terminal.elf is, but where
 * that is optimised as a whole (-flto), which would see through the counters.
 *
 * Each sample is a line of words and numbers, in core clocks, as it comes up:
 * tests/emulated/counted-report makes the figures. Under -icount an instruction takes a fixed time,
 * so a clock is a fixed number of instructions; the calibration, a loop of known length, says
 * which.
 *
 *   path CPU VERIFY PROGRAMS STATUS   scrip_redeem() outside of hal calls, p256v_verify() of it,
 *                                     and the programs of the journal that it made
 *   step STATE BEGIN CLOCKS           of a handshake: the library's state, when, how long
 *   handshake CLOCKS, resumed CLOCKS  all steps of one, the network's work and no sleep in it
 *   reply NOW                         an answer has left for the till
 *   beside SIGN HPKE RESUMED          behind a redemption: the statuses of signing its receipt and
 *                                     of sealing a member, and whether a resumed session was open
 *   peaks ARENA STACK SIZE            the most bytes of the arena and of the painted stack that
 *                                     were ever in use, and the stack's size
 *   awake CLOCKS, calibration CLOCKS  all but sleep, and the loop
 */
#include "boards/board.h"
#include "platform/cortexm/cpu.h"
#include "scrip.h"
#include "sync/tls_state.h"
#include "till/till.h"

enum {
    CALIBRATION_LOOPS = 1000000,
    LONG_CLOCKS = 50000, /* a step that is told though its state stays */
    RECEIPT_CHARS = 512
};

static struct {
    const struct hal *inner;
    struct hal hal;
    struct hal_flash journal, blobs;
    struct hal_keystore keystore;
    struct hal_entropy entropy;
    struct hal_rtc rtc;
    struct hal_log log;
    struct hal_net net;
    struct hal_display display;
    struct hal_till till;
    struct scrip *scrip;
    struct tls *tls;
    uint32_t since, spent; /* outside of hal calls */
    uint32_t inside;       /* hal calls under way */
    uint32_t slept, verify, programs, handshake;
    bool redeemed, answered; /* with a resumed session open */
} counted;

/* Samples ----------------------------------------------------------------------------------------
 */

static void say(const char *name, const uint32_t *numbers, size_t count)
{
    char line[80], *at = line;

    while (*name != '\0')
        *at++ = *name++;
    for (size_t i = 0; i < count; i++) {
        char digits[10];
        size_t n = 0;
        uint32_t number = numbers[i];
        do
            digits[n++] = (char)('0' + number % 10);
        while ((number /= 10) != 0);
        *at++ = ' ';
        while (n > 0)
            *at++ = digits[--n];
    }
    *at = '\0';
    image_say(line);
}

#define SAY(name, ...)                                                                             \
    say("sample " name, (const uint32_t[]){__VA_ARGS__},                                           \
        sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

/* The counters -----------------------------------------------------------------------------------
 */

static void leave(void)
{
    if (counted.inside++ == 0)
        counted.spent += cpu_cycles() - counted.since;
}

static void come_back(void)
{
    if (--counted.inside == 0)
        counted.since = cpu_cycles();
}

static uint32_t spent(void)
{
    return counted.spent + (counted.inside == 0 ? cpu_cycles() - counted.since : 0);
}

static uint32_t awake(void)
{
    return cpu_cycles() - counted.slept;
}

void __real_cpu_sleep(void);
void __wrap_cpu_sleep(void);
void __wrap_cpu_sleep(void)
{
    uint32_t start = cpu_cycles();

    __real_cpu_sleep();
    counted.slept += cpu_cycles() - start;
}

/* The devices ------------------------------------------------------------------------------------
 */

#define OUTSIDE(type, call)                                                                        \
    leave();                                                                                       \
    type result = call;                                                                            \
    come_back();                                                                                   \
    return result

static enum scrip_status flash_read(void *context, uint32_t offset, void *data, size_t len)
{
    const struct hal_flash *inner = context;
    OUTSIDE(enum scrip_status, inner->read(inner->context, offset, data, len));
}

static enum scrip_status flash_program(void *context, uint32_t offset, const void *data, size_t len)
{
    const struct hal_flash *inner = context;

    if (inner == counted.inner->journal)
        counted.programs++;
    OUTSIDE(enum scrip_status, inner->program(inner->context, offset, data, len));
}

/* No board's part needs to be erased. */
static void count_flash(struct hal_flash *out, const struct hal_flash *inner)
{
    *out = *inner;
    out->context = (void *)(uintptr_t)inner;
    out->read = flash_read;
    out->program = flash_program;
}

static enum scrip_status keystore_read(void *context, enum hal_key_slot slot, void *data,
                                       size_t cap, size_t *len)
{
    const struct hal_keystore *inner = context;
    OUTSIDE(enum scrip_status, inner->read(inner->context, slot, data, cap, len));
}

static enum scrip_status keystore_write(void *context, enum hal_key_slot slot, const void *data,
                                        size_t len)
{
    const struct hal_keystore *inner = context;
    OUTSIDE(enum scrip_status, inner->write(inner->context, slot, data, len));
}

static enum scrip_status entropy_read(void *context, void *data, size_t len)
{
    const struct hal_entropy *inner = context;
    OUTSIDE(enum scrip_status, inner->read(inner->context, data, len));
}

static uint64_t rtc_uptime_ms(void *context)
{
    const struct hal_rtc *inner = context;
    OUTSIDE(uint64_t, inner->uptime_ms(inner->context));
}

static enum scrip_status rtc_read(void *context, uint32_t *unix_s)
{
    const struct hal_rtc *inner = context;
    OUTSIDE(enum scrip_status, inner->read(inner->context, unix_s));
}

static enum scrip_status rtc_set(void *context, uint32_t unix_s)
{
    const struct hal_rtc *inner = context;
    OUTSIDE(enum scrip_status, inner->set(inner->context, unix_s));
}

static void log_write(void *context, enum hal_log_level level, const char *text)
{
    const struct hal_log *inner = context;

    leave();
    inner->write(inner->context, level, text);
    come_back();
}

static enum scrip_status net_open(void *context, const char *host, uint16_t port)
{
    const struct hal_net *inner = context;
    OUTSIDE(enum scrip_status, inner->open(inner->context, host, port));
}

static enum scrip_status net_state(void *context)
{
    const struct hal_net *inner = context;
    OUTSIDE(enum scrip_status, inner->state(inner->context));
}

static enum scrip_status net_send(void *context, const void *data, size_t len, size_t *sent)
{
    const struct hal_net *inner = context;
    OUTSIDE(enum scrip_status, inner->send(inner->context, data, len, sent));
}

static enum scrip_status net_receive(void *context, void *data, size_t cap, size_t *received)
{
    const struct hal_net *inner = context;
    OUTSIDE(enum scrip_status, inner->receive(inner->context, data, cap, received));
}

static void net_close(void *context)
{
    const struct hal_net *inner = context;

    leave();
    inner->close(inner->context);
    come_back();
}

static enum scrip_status till_receive(void *context, struct hal_till_message *message)
{
    const struct hal_till *inner = context;
    OUTSIDE(enum scrip_status, inner->receive(inner->context, message));
}

static enum scrip_status till_reply(void *context, uint32_t peer, const char *text, size_t len)
{
    const struct hal_till *inner = context;

    leave();
    enum scrip_status status = inner->reply(inner->context, peer, text, len);
    SAY("reply", cpu_cycles());
    counted.answered = true;
    come_back();
    return status;
}

static enum scrip_status till_event(void *context, const char *text, size_t len)
{
    const struct hal_till *inner = context;
    OUTSIDE(enum scrip_status, inner->event(inner->context, text, len));
}

static enum scrip_status display_show(void *context, const char *line1, const char *line2,
                                      enum hal_tone tone)
{
    const struct hal_display *inner = context;
    OUTSIDE(enum scrip_status, inner->show(inner->context, line1, line2, tone));
}

static enum scrip_status display_banner(void *context, const char *text)
{
    const struct hal_display *inner = context;
    OUTSIDE(enum scrip_status, inner->banner(inner->context, text));
}

static enum scrip_status display_qr(void *context, const uint8_t *modules, uint16_t side)
{
    const struct hal_display *inner = context;
    OUTSIDE(enum scrip_status, inner->qr(inner->context, modules, side));
}

static const struct hal_display *count_display(const struct hal_display *inner)
{
    if (inner == NULL)
        return NULL;
    counted.display = (struct hal_display){.context = (void *)(uintptr_t)inner,
                                           .width_px = inner->width_px,
                                           .height_px = inner->height_px,
                                           .show = display_show,
                                           .banner = inner->banner ? display_banner : NULL,
                                           .qr = inner->qr ? display_qr : NULL};
    return &counted.display;
}

/* Printer and scanner are not the path's; the boards' key stores have no counter. */
static void count_devices(const struct hal *inner)
{
    struct hal *hal = &counted.hal;

#define CONTEXT(device) .context = (void *)(uintptr_t)inner->device
    count_flash(&counted.journal, inner->journal);
    count_flash(&counted.blobs, inner->blobs);
    counted.keystore = (struct hal_keystore){CONTEXT(keystore), keystore_read, keystore_write, NULL,
                                             NULL};
    counted.entropy = (struct hal_entropy){CONTEXT(entropy), entropy_read};
    counted.rtc = (struct hal_rtc){CONTEXT(rtc), inner->rtc->kind, rtc_uptime_ms, rtc_read,
                                   rtc_set};
    counted.log = (struct hal_log){CONTEXT(log), log_write};
    counted.net = (struct hal_net){CONTEXT(net), net_open,    net_state,
                                   net_send,     net_receive, net_close};
    counted.till = (struct hal_till){CONTEXT(till), till_receive, till_reply, till_event};
    *hal = *inner;
    hal->journal = &counted.journal;
    hal->blobs = &counted.blobs;
    hal->keystore = &counted.keystore;
    hal->entropy = &counted.entropy;
    hal->rtc = &counted.rtc;
    hal->log = &counted.log;
    hal->net = &counted.net;
    hal->display = count_display(inner->display);
    hal->till = &counted.till;
}

enum scrip_status __real_board_open(int argc, char **argv, const struct hal **hal);
enum scrip_status __wrap_board_open(int argc, char **argv, const struct hal **hal);
enum scrip_status __wrap_board_open(int argc, char **argv, const struct hal **hal)
{
    enum scrip_status status = __real_board_open(argc, argv, &counted.inner);

    if (status != SCRIP_OK)
        return status;
    count_devices(counted.inner);
    counted.since = cpu_cycles();
    *hal = &counted.hal;
    return SCRIP_OK;
}

/* The path ---------------------------------------------------------------------------------------
 */

enum scrip_status __real_scrip_open(struct scrip *scrip, const struct hal *hal,
                                    const struct scrip_config *config);
enum scrip_status __wrap_scrip_open(struct scrip *scrip, const struct hal *hal,
                                    const struct scrip_config *config);
enum scrip_status __wrap_scrip_open(struct scrip *scrip, const struct hal *hal,
                                    const struct scrip_config *config)
{
    counted.scrip = scrip;
    return __real_scrip_open(scrip, hal, config);
}

enum scrip_status __real_p256v_verify(const struct p256v_table *table,
                                      const uint8_t hash[P256V_HASH_BYTES],
                                      const uint8_t signature[P256V_SIGNATURE_BYTES]);
enum scrip_status __wrap_p256v_verify(const struct p256v_table *table,
                                      const uint8_t hash[P256V_HASH_BYTES],
                                      const uint8_t signature[P256V_SIGNATURE_BYTES]);
enum scrip_status __wrap_p256v_verify(const struct p256v_table *table,
                                      const uint8_t hash[P256V_HASH_BYTES],
                                      const uint8_t signature[P256V_SIGNATURE_BYTES])
{
    uint32_t start = spent();
    enum scrip_status status = __real_p256v_verify(table, hash, signature);

    counted.verify += spent() - start;
    return status;
}

static bool is_resumed(void)
{
    return counted.tls != NULL && counted.tls->phase == TLS_ESTABLISHED && counted.tls->resumed;
}

enum scrip_status __real_scrip_redeem(struct scrip *scrip, const char *code, size_t code_len,
                                      const struct scrip_sale *sale, struct scrip_answer *answer);
enum scrip_status __wrap_scrip_redeem(struct scrip *scrip, const char *code, size_t code_len,
                                      const struct scrip_sale *sale, struct scrip_answer *answer);
enum scrip_status __wrap_scrip_redeem(struct scrip *scrip, const char *code, size_t code_len,
                                      const struct scrip_sale *sale, struct scrip_answer *answer)
{
    counted.verify = 0;
    counted.programs = 0;
    uint32_t start = spent();
    enum scrip_status status = __real_scrip_redeem(scrip, code, code_len, sale, answer);
    uint32_t cpu = spent() - start;

    SAY("path", cpu, counted.verify, counted.programs, (uint32_t)status);
    counted.redeemed = is_resumed() && (status == SCRIP_OK || status == SCRIP_AGAIN);
    counted.answered = false;
    return status;
}

/* The code that was just redeemed was verified with this session open; so are its receipt signed
 * and a member sealed, with the stack as shallow as where the product would do it. */
static void try_beside(void)
{
    static const struct scrip_sale sale = {.sale_id = "TILL1",
                                           .service_id = "M1",
                                           .transaction_id = "member",
                                           .total_minor = 100,
                                           .currency = 978};
    static const char gtin[] = "4006381333931";
    union {
        char receipt[RECEIPT_CHARS];
        struct scrip_member member;
    } out;
    struct scrip_status_page page;
    char detail[80];

    counted.redeemed = false;
    scrip_read_state(counted.scrip, &page);
    /* Behind a redemption that the host was asked for, its verdict has taken a number, too. */
    enum scrip_status sign;
    do
        sign = scrip_receipt(counted.scrip, page.head_seq, 'B', out.receipt, sizeof out.receipt);
    while (sign == SCRIP_REFUSED_NOT_FOUND && page.head_seq-- > 1);
    enum scrip_status hpke = scrip_member(counted.scrip, SCRIP_MEMBER_GTIN, gtin, sizeof gtin - 1,
                                          &sale, &out.member, detail);
    SAY("beside", (uint32_t)sign, (uint32_t)hpke, is_resumed());
}

void __real_till_poll(struct till *till);
void __wrap_till_poll(struct till *till);
void __wrap_till_poll(struct till *till)
{
    __real_till_poll(till);
    if (counted.redeemed && counted.answered && is_resumed())
        try_beside();
}

/* The handshake ----------------------------------------------------------------------------------
 */

enum scrip_status __real_tls_connect(struct tls *tls);
enum scrip_status __wrap_tls_connect(struct tls *tls);
enum scrip_status __wrap_tls_connect(struct tls *tls)
{
    uint32_t start = awake();
    enum scrip_status status = __real_tls_connect(tls);

    counted.tls = tls;
    counted.handshake = awake() - start;
    return status;
}

/* The library's state; a terminal that was cut off has none. */
static uint32_t state_of(const struct tls *tls)
{
    return tls->library != NULL ? (uint32_t)tls->library->ssl.MBEDTLS_PRIVATE(state) : 0;
}

enum scrip_status __real_tls_poll(struct tls *tls);
enum scrip_status __wrap_tls_poll(struct tls *tls);
enum scrip_status __wrap_tls_poll(struct tls *tls)
{
    bool shaking = tls->phase == TLS_HANDSHAKE;
    uint32_t state = state_of(tls);
    uint32_t begin = cpu_cycles(), start = awake();
    enum scrip_status status = __real_tls_poll(tls);
    uint32_t clocks = awake() - start;

    counted.handshake += clocks;
    if (shaking && (clocks > LONG_CLOCKS || state_of(tls) != state))
        SAY("step", state, begin, clocks);
    if (status == SCRIP_OK && tls_resumed(tls))
        SAY("resumed", counted.handshake);
    else if (status == SCRIP_OK)
        SAY("handshake", counted.handshake);
    return status;
}

/* The end ----------------------------------------------------------------------------------------
 */

static uint32_t calibrate(void)
{
    uint32_t loops = CALIBRATION_LOOPS, start = cpu_cycles();

    __asm__ volatile("1: subs %0, #1\n bne 1b" : "+l"(loops) : : "cc");
    return cpu_cycles() - start;
}

_Noreturn void __real_image_end(int status);
_Noreturn void __wrap_image_end(int status);
void __wrap_image_end(int status)
{
    struct scrip_status_page page;
    size_t stack_size, stack_peak;
    uint32_t until_end = awake();

    if (counted.scrip == NULL)
        __real_image_end(status);
    cpu_stack(&stack_size, &stack_peak);
    scrip_read_state(counted.scrip, &page);
    SAY("peaks", (uint32_t)page.crypto_peak, (uint32_t)stack_peak, (uint32_t)stack_size);
    SAY("awake", until_end);
    SAY("calibration", calibrate());
    __real_image_end(status);
}
