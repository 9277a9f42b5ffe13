// What C++ sees of the installed headers: types, constants, and functions with C's names.
#include <scrip.h>

int main()
{
    const scrip_answer answer = scrip_answer();
    bool refused = scrip_is_refused(SCRIP_REFUSED_USED) != 0;
    return refused && sizeof(scrip) >= SCRIP_BYTES && answer.status == SCRIP_OK &&
                   scrip_status_name(SCRIP_REFUSED_USED) != nullptr
               ? 0
               : 1;
}
