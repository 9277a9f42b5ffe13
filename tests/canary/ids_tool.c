#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/canary/ids.h"

enum { CHUNK = 1 << 20 };

/* One place: chunks overlap by the longest identifier, so that none is cut in two; what lies in the
 * overlap may count twice, which is once too often at any rate. */
struct place {
    size_t total;
    unsigned found;
    bool good;
};

static void search(int fd, off_t from, off_t to, struct place *place)
{
    static uint8_t chunk[CHUNK + ID_CHARS];
    size_t kept = 0;
    ssize_t got = 0;

    while (from < to &&
           (got = pread(fd, chunk + kept, (size_t)(to - from) < CHUNK ? (size_t)(to - from) : CHUNK,
                        from)) > 0) {
        size_t len = kept + (size_t)got;
        place->found += ids_search(chunk, len);
        place->total += (size_t)got;
        from += got;
        kept = len < ID_CHARS ? len : ID_CHARS;
        memmove(chunk, chunk + len - kept, kept);
    }
    place->good = place->good && got >= 0;
}

static void search_file(const char *path, struct place *place)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    *place = (struct place){.good = fd >= 0};
    if (fd < 0)
        return;
    search(fd, 0, lseek(fd, 0, SEEK_END), place);
    (void)close(fd);
}

static void search_process(const char *pid, struct place *place)
{
    char path[64], line[512];

    (void)snprintf(path, sizeof path, "/proc/%s/mem", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    (void)snprintf(path, sizeof path, "/proc/%s/maps", pid);
    FILE *maps = fopen(path, "r");
    *place = (struct place){.good = fd >= 0 && maps != NULL};
    while (place->good && fgets(line, sizeof line, maps) != NULL) {
        char *end;
        uintptr_t low = strtoul(line, &end, 16), high = strtoul(end + 1, &end, 16);
        if (strncmp(end, " rw", 3) == 0 && strstr(line, "[v") == NULL)
            search(fd, (off_t)low, (off_t)high, place);
    }
    if (maps != NULL)
        (void)fclose(maps);
    if (fd >= 0)
        (void)close(fd);
}

static int search_all(int argc, char **argv)
{
    unsigned places = 0, found = 0;
    bool good = true;

    ids_open();
    for (int i = 2; i < argc; i++) {
        struct place place;
        bool process = strcmp(argv[i], "--pid") == 0 && i + 1 < argc;
        if (process)
            search_process(argv[++i], &place);
        else
            search_file(argv[i], &place);
        /* A place that holds nothing was not looked into. */
        good = good && place.good && place.total > 0;
        printf("    %s%s %zu bytes %u found%s\n", process ? "process " : "", argv[i], place.total,
               place.found, place.good && place.total > 0 ? "" : ", UNREADABLE OR EMPTY");
        places++;
        found += place.found;
    }
    printf("places=%u found=%u\n", places, found);
    return good && found == 0 ? 0 : 1;
}

int ids_tool(int argc, char **argv)
{
    char text[ID_CHARS];

    if (strcmp(argv[1], "--search") == 0)
        return search_all(argc, argv);
    if (strcmp(argv[1], "--make") != 0)
        return 2;
    for (unsigned i = 0; i < IDS; i++) {
        enum scrip_member_kind kind = id_make(i, text);
        printf("%d %s\n", (int)kind, text);
    }
    return 0;
}
