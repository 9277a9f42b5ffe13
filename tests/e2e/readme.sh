#!/bin/sh
# The README's integration, as it stands there: it compiles without a warning, links, and runs up to
# the answer of a terminal that is not enrolled yet.
set -u
cd "$(dirname "$0")/../.."
: "${B:=build/linux}"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
n=0
result() { # status, text
    n=$((n + 1))
    if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; fi
}

sed -n '/^```c$/,/^```$/p' README.md | sed '/^```/d' >"$dir/main.c"
lines=$(wc -l <"$dir/main.c")
[ "$lines" -gt 0 ] && [ "$lines" -le 34 ]
result $? "the README has an integration of about 30 lines ($lines)"

gcc -std=c11 -Wall -Wextra -Wpedantic -Werror -I. -Ifirmware -c "$dir/main.c" -o "$dir/main.o"
result $? "it compiles without a warning"

gcc -o "$dir/terminal" "$dir/main.o" -Wl,--start-group "$B"/lib/room-agent.a "$B"/lib/room-sync.a \
    "$B"/lib/room-redeem.a "$B"/lib/room-store.a "$B"/lib/room-base.a "$B"/lib/room-posix.a \
    "$B"/lib/room-board.a "$B"/lib/libmbedtls.a "$B"/lib/libcjson.a "$B"/lib/libqrencode.a \
    -Wl,--end-group -lmicrohttpd -lm
result $? "it links"

"$dir/terminal" --state "$dir/state" --no-network >"$dir/out" 2>&1
[ $? = 1 ] && grep -q 'not been enrolled\|no identity yet' "$dir/out"
result $? "it runs, and a terminal that is not enrolled says so"

header='#include "scrip.h"\nint main() { return scrip_status_name(SCRIP_OK) == nullptr; }\n'
# shellcheck disable=SC2059 # the format is the program
printf "$header" >"$dir/main.cpp"
g++ -std=c++11 -Wall -Wextra -Wpedantic -Werror -I. -Ifirmware -c "$dir/main.cpp" -o /dev/null
result $? "the headers compile as C++11"

# FreeRTOS is no package of this system: what the sketch in the porting guide uses of it, as its
# documentation declares it. What is checked is that the sketch is right about Scrip.
mkdir "$dir/rtos"
cat >"$dir/rtos/FreeRTOS.h" <<'END'
#include <assert.h>
#include <stdint.h>
typedef long BaseType_t;
typedef unsigned long UBaseType_t;
typedef uint32_t TickType_t;
typedef uint32_t StackType_t;
typedef struct { uint32_t room[24]; } StaticTask_t;
typedef struct { uint32_t room[20]; } StaticQueue_t;
#define pdFALSE ((BaseType_t)0)
#define pdTRUE ((BaseType_t)1)
#define portMAX_DELAY ((TickType_t)0xFFFFFFFFUL)
#define pdMS_TO_TICKS(ms) ((TickType_t)(((TickType_t)(ms) * (TickType_t)1000) / (TickType_t)1000U))
#define portYIELD_FROM_ISR(woken) ((void)(woken))
#define configASSERT(condition) assert(condition)
END
cat >"$dir/rtos/queue.h" <<'END'
typedef struct QueueDefinition *QueueHandle_t;
QueueHandle_t xQueueCreateStatic(UBaseType_t length, UBaseType_t item_size, uint8_t *storage, StaticQueue_t *queue);
BaseType_t xQueueSend(QueueHandle_t queue, const void *item, TickType_t wait);
BaseType_t xQueueReceive(QueueHandle_t queue, void *item, TickType_t wait);
END
cat >"$dir/rtos/task.h" <<'END'
typedef struct tskTaskControlBlock *TaskHandle_t;
typedef void (*TaskFunction_t)(void *);
#define tskIDLE_PRIORITY ((UBaseType_t)0U)
TaskHandle_t xTaskCreateStatic(TaskFunction_t code, const char *name, uint32_t depth, void *parameters,
                               UBaseType_t priority, StackType_t *stack, StaticTask_t *task);
TaskHandle_t xTaskGetCurrentTaskHandle(void);
BaseType_t xTaskNotifyGive(TaskHandle_t task);
uint32_t ulTaskNotifyTake(BaseType_t clear, TickType_t wait);
void vTaskNotifyGiveFromISR(TaskHandle_t task, BaseType_t *woken);
END
sed -n '/^```c$/,/^```$/p' hal/PORTING.md | sed '/^```/d' >"$dir/owner.c"
[ -s "$dir/owner.c" ] && gcc -std=c11 -Wall -Wextra -Wpedantic -Werror -I. -Ifirmware -isystem "$dir/rtos" \
    -c "$dir/owner.c" -o "$dir/owner.o"
result $? "the porting guide's owner task compiles without a warning"
