#include "base/identity.h"

#include <string.h>

unsigned identity_audience_parts(struct bytes audience)
{
    unsigned parts = 1;
    size_t len = 0; /* of the part so far */
    for (size_t i = 0; i < audience.len; i++) {
        uint8_t c = audience.data[i];
        if (c == '.' && len > 0) {
            parts++;
            len = 0;
        } else if ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-') {
            if (++len > LIMIT_ID_PART)
                return 0;
        } else {
            return 0;
        }
    }
    return len > 0 && parts <= 3 ? parts : 0;
}

enum scrip_status identity_parse(struct bytes text, struct identity *out)
{
    memset(out, 0, sizeof *out);
    if (identity_audience_parts(text) != 3)
        return SCRIP_REFUSED_CLAIMS;
    memcpy(out->text, text.data, text.len);
    return SCRIP_OK;
}

bool identity_in_audience(const struct identity *identity, struct bytes audience)
{
    if (identity_audience_parts(audience) == 0)
        return false;
    struct bytes own = bytes_text(identity->text);
    if (audience.len > own.len || memcmp(own.data, audience.data, audience.len) != 0)
        return false;
    return audience.len == own.len || own.data[audience.len] == '.';
}
