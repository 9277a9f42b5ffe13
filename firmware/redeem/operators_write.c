#include "redeem/operators.h"
#include "redeem/operators_labels.h"

void operators_write(const uint8_t salt[OPERATORS_SALT_BYTES],
                     const struct operators_entry *entries, size_t count, struct buffer *out)
{
    cbor_put_map(out, 2);
    cbor_put_int(out, OPERATORS_LABEL_SALT);
    cbor_put_bytes(out, bytes_of(salt, OPERATORS_SALT_BYTES));
    cbor_put_int(out, OPERATORS_LABEL_ENTRIES);
    cbor_put_array(out, count);
    for (size_t i = 0; i < count; i++) {
        cbor_put_array(out, entries[i].has_tag ? 3 : 2);
        cbor_put_uint(out, entries[i].number);
        cbor_put_uint(out, entries[i].roles);
        if (entries[i].has_tag)
            cbor_put_bytes(out, bytes_of(entries[i].tag, OPERATORS_TAG_BYTES));
    }
}
