/*
 * The terminal's line without its cipher: what sync hands over to be encrypted is kept as it is. In
 * place of sync/tls.c.
 */
#include "tests/canary/line.h"

#include "sync/tls_state.h"

struct capture wire;

void capture_put(struct capture *capture, const void *data, size_t len)
{
    size_t room = sizeof capture->data - capture->len;
    capture->lost |= len > room;
    memcpy(capture->data + capture->len, data, len < room ? len : room);
    capture->len += len < room ? len : room;
}

static enum scrip_status send_plain(void *context, const void *data, size_t len, size_t *sent)
{
    (void)context;
    capture_put(&wire, data, len);
    *sent = len;
    return SCRIP_OK;
}

static enum scrip_status receive_nothing(void *context, void *data, size_t cap, size_t *received)
{
    (void)context;
    (void)data;
    (void)cap;
    *received = 0;
    return SCRIP_AGAIN;
}

enum scrip_status tls_open(struct tls *tls, const struct hal_net *net, const struct bundle *bundle,
                           const struct keys *keys, const struct wallclock *clock)
{
    (void)keys;
    tls->net = net;
    tls->bundle = bundle;
    tls->clock = clock;
    return SCRIP_OK;
}

enum scrip_status tls_connect(struct tls *tls)
{
    tls->phase = TLS_ESTABLISHED;
    return SCRIP_OK;
}

enum scrip_status tls_poll(struct tls *tls)
{
    return tls->phase == TLS_ESTABLISHED ? SCRIP_OK : SCRIP_FAULT_NET;
}

enum scrip_status tls_check_time(struct tls *tls)
{
    (void)tls;
    return SCRIP_OK;
}

struct stream tls_stream(struct tls *tls)
{
    return (struct stream){tls, send_plain, receive_nothing};
}

const char *tls_detail(const struct tls *tls)
{
    (void)tls;
    return "";
}

bool tls_resumed(const struct tls *tls)
{
    (void)tls;
    return false;
}

void tls_disconnect(struct tls *tls)
{
    tls->phase = TLS_CLOSED;
}

void tls_close(struct tls *tls)
{
    tls->phase = TLS_CLOSED;
}
