/* scrip policy explain: what a policy can cost, in one currency's figures. */
#include <stdio.h>
#include <string.h>

#include "base/currency.h"
#include "tools/scrip/commands.h"
#include "tools/scrip/pki.h"

static enum scrip_status read_policy(const char *dir, struct policy *out)
{
    char roots_path[FILE_PATH], policy_path[FILE_PATH];
    struct object_roots roots;
    TRY(file_path(roots_path, dir, "roots.bin"));
    TRY(file_path(policy_path, dir, "objects/policy.cose"));
    TRY(pki_read_roots(roots_path, &roots));
    return pki_read_policy(policy_path, &roots, out);
}

static void print_money(const char *label, const struct policy *policy, uint64_t minor)
{
    const struct currency *currency = currency_of_number(policy->currency);
    uint64_t unit = 1;
    for (unsigned i = 0; i < policy->currency_exponent; i++)
        unit *= 10;
    printf("%-46s %llu", label, (unsigned long long)(minor / unit));
    if (unit > 1)
        printf(".%0*llu", (int)policy->currency_exponent, (unsigned long long)(minor % unit));
    printf(" %s\n", currency != NULL ? currency->letters : "?");
}

/* A code that two terminals accept offline is found out when they settle: until then it has been
 * worth something k times, and once of that rightly. */
static int explain(const struct arguments *arguments)
{
    struct policy policy;
    if (read_policy(arguments->argument[0], &policy) != SCRIP_OK)
        return EXIT_REFUSED;
    uint64_t k = policy.store_terminals > 1 ? policy.store_terminals : 1;
    uint64_t value = policy.max_value_per_token_minor;
    uint64_t by_count = value * policy.max_offline_count;
    uint64_t most = policy.max_offline_value_minor;
    printf("policy %lu\n", (unsigned long)policy.seq);
    print_money("one code, offline, at most", &policy, value);
    print_money("one terminal, unsettled, at most", &policy, by_count < most ? by_count : most);
    print_money("one member, offline, a day and terminal", &policy,
                policy.per_member_per_day_minor);
    printf("%-46s %llu\n", "terminals that one audience reaches, k", (unsigned long long)k);
    print_money("lost by one code used at all, V x (k - 1)", &policy, value * (k - 1));
    print_money("the same where it answers a challenge, k = 1", &policy, 0);
    printf("%-46s %lu\n", "coupons whose status nobody looked up",
           (unsigned long)policy.max_offline_coupons);
    printf("%-46s %lu in %lu s\n", "awards for one member at one terminal",
           (unsigned long)policy.max_awards, (unsigned long)policy.award_window_s);
    return EXIT_DONE;
}

static const struct option no_options[] = {{NULL, NULL, NULL}};

const struct command command_policy_explain = {
    "policy explain",
    "DIR",
    "Says what the policy of a back office can cost: the most that can be lost offline.",
    1,
    no_options,
    explain,
};
