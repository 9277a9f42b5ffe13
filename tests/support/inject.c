#include "tests/support/inject.h"

#include <psa/crypto.h>
#include <stdlib.h>

#include "tests/check.h"

static struct {
    bool armed, hit, held;
    enum inject_kind kind;
    unsigned long left;
} state;

const char *inject_name(enum inject_kind kind)
{
    static const char *const names[INJECT_KINDS] = {"PSA", "allocation", "entropy"};
    return names[kind];
}

void inject_arm(enum inject_kind kind, unsigned long n)
{
    state.armed = true;
    state.hit = false;
    state.kind = kind;
    state.left = n;
}

bool inject_end(void)
{
    state.armed = false;
    return state.hit;
}

void inject_hold(bool held)
{
    state.held = held;
}

static bool fails(enum inject_kind kind)
{
    if (!state.armed || state.held || state.kind != kind || state.hit || --state.left > 0)
        return false;
    state.hit = true;
    return true;
}

/* An accident of the hardware, where the library has a name for it. */
#define INJECT(name, parameters, arguments)                                                        \
    psa_status_t real_##name parameters __asm__("__real_psa_" #name);                              \
    psa_status_t wrap_##name parameters __asm__("__wrap_psa_" #name);                              \
    psa_status_t wrap_##name parameters                                                            \
    {                                                                                              \
        return fails(INJECT_PSA) ? PSA_ERROR_HARDWARE_FAILURE : real_##name arguments;             \
    }

INJECT(hash_setup, (psa_hash_operation_t * op, psa_algorithm_t alg), (op, alg))
INJECT(hash_update, (psa_hash_operation_t * op, const uint8_t *in, size_t len), (op, in, len))
INJECT(hash_finish, (psa_hash_operation_t * op, uint8_t *hash, size_t size, size_t *len),
       (op, hash, size, len))
INJECT(import_key,
       (const psa_key_attributes_t *attributes, const uint8_t *data, size_t len, psa_key_id_t *key),
       (attributes, data, len, key))
INJECT(export_key, (psa_key_id_t key, uint8_t *data, size_t size, size_t *len),
       (key, data, size, len))
INJECT(export_public_key, (psa_key_id_t key, uint8_t *data, size_t size, size_t *len),
       (key, data, size, len))
INJECT(generate_key, (const psa_key_attributes_t *attributes, psa_key_id_t *key), (attributes, key))
INJECT(mac_sign_setup, (psa_mac_operation_t * op, psa_key_id_t key, psa_algorithm_t alg),
       (op, key, alg))
INJECT(mac_update, (psa_mac_operation_t * op, const uint8_t *in, size_t len), (op, in, len))
INJECT(mac_sign_finish, (psa_mac_operation_t * op, uint8_t *mac, size_t size, size_t *len),
       (op, mac, size, len))
INJECT(key_derivation_setup, (psa_key_derivation_operation_t * op, psa_algorithm_t alg), (op, alg))
INJECT(key_derivation_input_bytes,
       (psa_key_derivation_operation_t * op, psa_key_derivation_step_t step, const uint8_t *data,
        size_t len),
       (op, step, data, len))
INJECT(key_derivation_output_bytes,
       (psa_key_derivation_operation_t * op, uint8_t *output, size_t len), (op, output, len))
INJECT(aead_encrypt,
       (psa_key_id_t key, psa_algorithm_t alg, const uint8_t *nonce, size_t nonce_len,
        const uint8_t *aad, size_t aad_len, const uint8_t *in, size_t len, uint8_t *output,
        size_t size, size_t *output_len),
       (key, alg, nonce, nonce_len, aad, aad_len, in, len, output, size, output_len))
INJECT(aead_decrypt,
       (psa_key_id_t key, psa_algorithm_t alg, const uint8_t *nonce, size_t nonce_len,
        const uint8_t *aad, size_t aad_len, const uint8_t *in, size_t len, uint8_t *output,
        size_t size, size_t *output_len),
       (key, alg, nonce, nonce_len, aad, aad_len, in, len, output, size, output_len))
INJECT(verify_hash,
       (psa_key_id_t key, psa_algorithm_t alg, const uint8_t *hash, size_t hash_len,
        const uint8_t *signature, size_t len),
       (key, alg, hash, hash_len, signature, len))
INJECT(sign_hash,
       (psa_key_id_t key, psa_algorithm_t alg, const uint8_t *hash, size_t hash_len,
        uint8_t *signature, size_t size, size_t *len),
       (key, alg, hash, hash_len, signature, size, len))
INJECT(raw_key_agreement,
       (psa_algorithm_t alg, psa_key_id_t key, const uint8_t *peer, size_t peer_len,
        uint8_t *output, size_t size, size_t *len),
       (alg, key, peer, peer_len, output, size, len))

void *real_calloc(size_t count, size_t size) __asm__("__real_mbedtls_calloc");
void *wrap_calloc(size_t count, size_t size) __asm__("__wrap_mbedtls_calloc");
void *wrap_calloc(size_t count, size_t size)
{
    return fails(INJECT_ALLOCATION) ? NULL : real_calloc(count, size);
}

static const struct hal_entropy *honest;

static enum scrip_status read_entropy(void *context, void *data, size_t len)
{
    (void)context;
    return fails(INJECT_ENTROPY) ? SCRIP_FAULT_ENTROPY : honest->read(honest->context, data, len);
}

const struct hal_entropy *inject_entropy(const struct hal_entropy *source)
{
    static const struct hal_entropy injected = {.read = read_entropy};
    honest = source;
    return &injected;
}

enum { FIRST = 64, STRIDE = 37 };

unsigned long inject_next(enum inject_kind kind, unsigned long n)
{
    bool every = kind != INJECT_ALLOCATION || n < FIRST || getenv("FULL") != NULL;
    return every ? n + 1 : n + STRIDE;
}

void inject_check_fault(enum scrip_status status)
{
    CHECK(scrip_is_fault(status));
    if (!scrip_is_fault(status))
        printf("    is %s\n", scrip_status_name(status));
}

void inject_run(const struct inject_experiment *experiment)
{
    printf("    %-24s", experiment->name);
    for (enum inject_kind kind = 0; kind < INJECT_KINDS; kind++) {
        unsigned long n = 1, tried = 0;
        for (bool hit = true; hit && n < INJECT_MOST && check_state.failures == 0;
             n = inject_next(kind, n)) {
            experiment->prepare();
            inject_arm(kind, n);
            enum scrip_status status = experiment->step();
            hit = inject_end();
            tried += hit;
            if (hit)
                experiment->judge(status);
            else
                CHECK_STATUS(status, SCRIP_OK);
            experiment->end();
            if (check_state.failures > 0)
                printf("    at %s call %lu of %s\n", inject_name(kind), n, experiment->name);
        }
        CHECK(n < INJECT_MOST);
        printf(" %5lu %s", tried, inject_name(kind));
    }
    printf("\n");
}
