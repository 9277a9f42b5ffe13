/* Who came up how often: a table of the most frequent, by the day's names. */
#include <string.h>

#include "redeem/member.h"

static void turn(struct member_day *day, uint32_t window)
{
    if (day->window == window)
        return;
    day->window = window;
    day->count = day->least = 0;
}

static size_t find(const struct member_day *day, const uint8_t tag[MEMBER_TAG_BYTES])
{
    size_t i = 0;
    while (i < day->count && memcmp(day->counted[i].tag, tag, sizeof day->counted[i].tag) != 0)
        i++;
    return i;
}

uint32_t member_times(struct member_day *day, uint32_t window, const uint8_t tag[MEMBER_TAG_BYTES])
{
    turn(day, window);
    size_t i = find(day, tag);
    return i < day->count ? day->counted[i].times : day->least;
}

/* When the table is full the rarest gives way, and who comes (back) starts from the most frequent
 * that gave way: never less than the truth. */
void member_count(struct member_day *day, uint32_t window, const uint8_t tag[MEMBER_TAG_BYTES])
{
    turn(day, window);
    size_t i = find(day, tag);
    if (i == LIMIT_AWARDED) {
        i = 0;
        for (size_t k = 1; k < day->count; k++)
            if (day->counted[k].times < day->counted[i].times)
                i = k;
        if (day->counted[i].times > day->least)
            day->least = day->counted[i].times;
        memcpy(day->counted[i].tag, tag, sizeof day->counted[i].tag);
        day->counted[i].times = day->least;
    } else if (i == day->count) {
        memcpy(day->counted[i].tag, tag, sizeof day->counted[i].tag);
        day->counted[i].times = day->least;
        day->count++;
    }
    if (day->counted[i].times < UINT16_MAX)
        day->counted[i].times++;
}
