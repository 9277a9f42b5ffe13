#include "till/nexo.h"

/* Each status has exactly one word of nexo's. A switch without a default: the compiler names the
 * status that is missing. UnreachableHost, Busy and InProgress may be tried again unchanged. */
const char *nexo_condition(enum scrip_status status)
{
    switch (status) {
    case SCRIP_OK:
        return NULL;
    case SCRIP_AGAIN:
        return "InProgress";
    case SCRIP_REFUSED_FOREIGN:
    case SCRIP_REFUSED_LENGTH:
    case SCRIP_REFUSED_LAYOUT:
    case SCRIP_REFUSED_TEXT:
    case SCRIP_REFUSED_SHAPE:
    case SCRIP_REFUSED_KEY:
    case SCRIP_REFUSED_SIGNATURE:
    case SCRIP_REFUSED_CLAIMS:
        return "InvalidCard";
    case SCRIP_REFUSED_AUDIENCE:
    case SCRIP_REFUSED_BINDING:
    case SCRIP_REFUSED_NOT_YET:
    case SCRIP_REFUSED_EXPIRED:
    case SCRIP_REFUSED_REVOKED:
    case SCRIP_REFUSED_SCOPE:
    case SCRIP_REFUSED_CURRENCY:
    case SCRIP_REFUSED_AMOUNT:
    case SCRIP_REFUSED_LIMIT_MEMBER:
    case SCRIP_REFUSED_USED:
    case SCRIP_REFUSED_HOST:
    case SCRIP_REFUSED_DUPLICATE:
        return "Refusal";
    case SCRIP_REFUSED_CLOCK:
    case SCRIP_REFUSED_KEYS_STALE:
    case SCRIP_REFUSED_STATUS:
    case SCRIP_REFUSED_ONLINE_ONLY:
    case SCRIP_REFUSED_LIMIT_VALUE:
    case SCRIP_REFUSED_LIMIT_COUNT:
    case SCRIP_REFUSED_LIMIT_SUM:
    case SCRIP_REFUSED_LIMIT_TIME:
    case SCRIP_REFUSED_FULL:
    case SCRIP_REFUSED_VOID:
    case SCRIP_FAULT_NET:
    case SCRIP_FAULT_TIMEOUT:
    case SCRIP_FAULT_TLS:
    case SCRIP_FAULT_REJECTED:
    case SCRIP_FAULT_UNAVAILABLE:
    case SCRIP_FAULT_PROTOCOL:
        return "UnreachableHost";
    case SCRIP_REFUSED_TRAINING:
    case SCRIP_REFUSED_STATE:
    case SCRIP_REFUSED_OPERATOR:
    case SCRIP_REFUSED_UNSETTLED:
        return "NotAllowed";
    case SCRIP_REFUSED_NOT_FOUND:
        return "NotFound";
    case SCRIP_REFUSED_BUSY:
        return "Busy";
    case SCRIP_REFUSED_ARGUMENT:
    case SCRIP_REFUSED_TOO_LONG:
        return "MessageFormat";
    case SCRIP_REFUSED_ABORTED:
        return "Aborted";
    case SCRIP_REFUSED_LOGGED_OUT:
        return "LoggedOut";
    case SCRIP_REFUSED_NO_POLICY:
    case SCRIP_REFUSED_SUSPENDED:
    case SCRIP_REFUSED_NOT_ENROLLED:
    case SCRIP_REFUSED_UNSUPPORTED:
        return "UnavailableService";
    case SCRIP_FAULT_DEVICE:
        return "UnavailableDevice";
    case SCRIP_FAULT_MEMORY:
    case SCRIP_FAULT_ENTROPY:
    case SCRIP_FAULT_CRYPTO:
    case SCRIP_FAULT_SEAL:
    case SCRIP_FAULT_FLASH:
    case SCRIP_FAULT_CORRUPT:
    case SCRIP_FAULT_FOREIGN:
    case SCRIP_FAULT_READ_ONLY:
    case SCRIP_FAULT_FORK:
    case SCRIP_FAULT_KEYSTORE:
        break;
    }
    return "DeviceOut";
}
