/* scrip journal dump, scrip journal verify */
#include <stdio.h>
#include <string.h>

#include "tools/scrip/commands.h"
#include "tools/scrip/journal_image.h"
#include "tools/scrip/journal_walk.h"

static enum scrip_status visit(void *context, const struct journal_finding *finding)
{
    return journal_walk_take(context, finding);
}

static enum scrip_status examine(const char *path, const char *keystore_path,
                                 struct journal_walk *walk)
{
    struct journal_image image;
    TRY(journal_image_open(&image, path, keystore_path));
    memcpy(walk->link, image.keys.first_prev, sizeof walk->link);
    enum scrip_status status = journal_examine(&image.flash, &image.keys, visit, walk);
    journal_image_close(&image);
    if (status != SCRIP_OK)
        (void)refuse("%s cannot be examined: %s", path, scrip_status_text(status));
    return status;
}

static int run(const struct arguments *arguments, enum journal_walk_says says)
{
    struct journal_walk walk = {.says = says};
    const char *keystore = option_text(arguments, "--keystore");
    if (keystore == NULL)
        return misuse("the journal is encrypted: --keystore DIR of the same terminal");
    if (examine(arguments->argument[0], keystore, &walk) != SCRIP_OK)
        return EXIT_REFUSED;
    printf("%lu records (%lu to %lu), %lu acknowledged; %lu notes, %lu fences; left by cuts: "
           "%lu void, %lu torn, %lu damaged\n",
           (unsigned long)walk.records, (unsigned long)walk.first_seq, (unsigned long)walk.last_seq,
           (unsigned long)walk.ack, (unsigned long)walk.notes, (unsigned long)walk.fences,
           (unsigned long)walk.voided, (unsigned long)walk.torn, (unsigned long)walk.damaged);
    return journal_walk_judge(&walk);
}

static int dump(const struct arguments *arguments)
{
    return run(arguments, WALK_ENTRIES);
}

static int verify(const struct arguments *arguments)
{
    return run(arguments, WALK_DAMAGE);
}

static const struct option options[] = {
    {"--keystore", "DIR", "the terminal's keys"},
    {NULL, NULL, NULL},
};

const struct command command_journal_dump = {
    "journal dump",
    "IMAGE --keystore DIR",
    "Lists what a terminal's journal holds, entry by entry.",
    1,
    options,
    dump,
};

const struct command command_journal_verify = {
    "journal verify",
    "IMAGE --keystore DIR",
    "Checks that no record is missing or changed and that their chain holds.",
    1,
    options,
    verify,
};
