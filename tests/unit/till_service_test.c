/*
 * The status page, settling and enrolment against a fake agent.
 */
#include "tests/check.h"
#include "tests/fake/agent.h"

static void test_the_status_page_tells_all(void)
{
    fake_open();
    agent.page.epoch = 4;
    agent.page.state = SCRIP_STATE_PENDING_SYNC | SCRIP_STATE_SUSPENDED;
    agent.page.depth = 9;
    agent.page.offline_left_s = UINT32_MAX;
    agent.page.host = SCRIP_FAULT_TLS;
    fake_send(HAL_TILL_STATUS, "");
    CHECK(strstr(link.reply, "\"identity\":\"M1.S1.T1\",\"epoch\":4") != NULL);
    CHECK(strstr(link.reply, "\"states\":[\"pending_sync\",\"suspended\"],\"depth\":9") != NULL);
    CHECK(strstr(link.reply, "\"offline_left_s\":null") != NULL);
    CHECK(strstr(link.reply, "\"host\":\"FAULT_TLS\"") != NULL);
}

static void test_sync_says_how_it_went(void)
{
    fake_open();
    fake_send(HAL_TILL_SYNC, "");
    CHECK_EQ_STRING(link.reply, "{\"status\":\"OK\"}");
    agent.sync = SCRIP_FAULT_NET;
    fake_send(HAL_TILL_SYNC, "");
    CHECK(strstr(link.reply, "{\"status\":\"FAULT_NET\",\"message\":\"") != NULL);
}

static void test_a_certificate_request_is_made(void)
{
    fake_open();
    fake_send(HAL_TILL_REQUEST, "{\"terminal\":\"M1.S1.T9\"}");
    CHECK_EQ_STRING(agent.identity, "M1.S1.T9");
    CHECK_EQ_STRING(link.reply, "{\"status\":\"OK\",\"csr\":\"MAH_\"}");
    agent.enroll = SCRIP_REFUSED_ARGUMENT;
    fake_send(HAL_TILL_REQUEST, "{\"terminal\":\"M1\"}");
    CHECK(strstr(link.reply, "\"status\":\"REFUSED_ARGUMENT\"") != NULL);
}

static void test_a_bundle_is_brought_to_the_agent(void)
{
    fake_open();
    fake_send(HAL_TILL_INSTALL, "{\"bundle\":\"AAEC_w\"}");
    CHECK_EQ_STRING(link.reply, "{\"status\":\"OK\"}");
    CHECK_EQ_INT(agent.bundle_len, 4);
    CHECK_EQ_BYTES(agent.bundle, "\x00\x01\x02\xff", 4);
    agent.enroll = SCRIP_REFUSED_KEY;
    fake_send(HAL_TILL_INSTALL, "{\"bundle\":\"AAEC_w\"}");
    CHECK(strstr(link.reply, "remove its stored state first") != NULL);
}

static void test_bad_enrolment_messages_never_reach_the_agent(void)
{
    static const char *const bad[] = {"", "{}", "{\"bundle\":5}", "{\"bundle\":\"A\"}",
                                      "{\"bundle\":\"++++\"}"};

    fake_open();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        agent.bundle_len = 77;
        fake_send(HAL_TILL_INSTALL, bad[i]);
        CHECK(strstr(link.reply, "\"status\":\"REFUSED_") != NULL);
        CHECK_EQ_INT(agent.bundle_len, 77);
    }
    fake_send(HAL_TILL_REQUEST, "{\"terminal\":null}");
    CHECK(strstr(link.reply, "\"status\":\"REFUSED_ARGUMENT\"") != NULL);
    CHECK_EQ_STRING(agent.identity, "");
}

int main(void)
{
    CHECK_RUN(test_the_status_page_tells_all);
    CHECK_RUN(test_sync_says_how_it_went);
    CHECK_RUN(test_a_certificate_request_is_made);
    CHECK_RUN(test_a_bundle_is_brought_to_the_agent);
    CHECK_RUN(test_bad_enrolment_messages_never_reach_the_agent);
    return check_done();
}
