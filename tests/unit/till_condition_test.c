/*
 * The one table from statuses to nexo's words.
 */
#include "till/nexo.h"

#include "tests/check.h"

static void test_every_status_has_one_word_of_nexo(void)
{
    static const char *const words[] = {
        "Aborted",        "Busy",      "DeviceOut",         "InProgress",
        "InvalidCard",    "LoggedOut", "MessageFormat",     "NotAllowed",
        "NotFound",       "Refusal",   "UnavailableDevice", "UnavailableService",
        "UnreachableHost"};

    CHECK(nexo_condition(SCRIP_OK) == NULL);
    for (int status = SCRIP_AGAIN; status <= SCRIP_FAULT_PROTOCOL; status++) {
        const char *word = nexo_condition((enum scrip_status)status);
        bool known = false;
        REQUIRE(word != NULL);
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
            known = known || strcmp(words[i], word) == 0;
        CHECK(known);
    }
    CHECK_EQ_STRING(nexo_condition(SCRIP_REFUSED_USED), "Refusal");
    CHECK_EQ_STRING(nexo_condition(SCRIP_FAULT_MEMORY), "DeviceOut");
}

int main(void)
{
    CHECK_RUN(test_every_status_has_one_word_of_nexo);
    return check_done();
}
