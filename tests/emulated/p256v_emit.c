/* Writes the cases of tests/p256v to standard output, for the image: point, hash, signature, and 1
 * where the signature is good. */
#include <stdio.h>

#include "tests/p256v/cases.h"

static void take(void *context, const struct p256v_case *one)
{
    (void)context;
    ossl_must(fwrite(one->point, sizeof one->point, 1, stdout) == 1 &&
                  fwrite(one->hash, sizeof one->hash, 1, stdout) == 1 &&
                  fwrite(one->signature, sizeof one->signature, 1, stdout) == 1 &&
                  fputc(one->good ? 1 : 0, stdout) != EOF,
              "writing the cases");
}

int main(void)
{
    ossl_open(256);
    cases_random(take, NULL);
    cases_collision(take, NULL);
    cases_wrapped(take, NULL);
    return fflush(stdout) == 0 ? 0 : 1;
}
