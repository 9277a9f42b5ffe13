# lm3s6965evb: TI's Stellaris LM3S6965 on its evaluation board: Cortex-M3, 256 KiB of flash, 64 KiB of
# RAM. What it holds is limited by limits.h.
CC := arm-none-eabi-gcc
BOARD_AR := arm-none-eabi-ar
BOARD_OBJCOPY := arm-none-eabi-objcopy
BOARD_OPTIMISE := -Os
BOARD_PLATFORM := cortexm
BOARD_LIBRARIES := lwip
BOARD_MACHINE := lm3s6965evb
BOARD_END ?= semihost
BOARD_CFLAGS := -mcpu=cortex-m3 -mthumb --specs=picolibc.specs -ffunction-sections -fdata-sections \
    -fno-common -fstack-protector-strong -DSCRIP_LIMITS_FILE='"boards/lm3s6965evb/limits.h"' \
    -DCRYPTO_ARENA_BYTES=18432 -DMBEDTLS_AES_FEWER_TABLES -DMBEDTLS_SSL_IN_CONTENT_LEN=2048 \
    -DMBEDTLS_SSL_OUT_CONTENT_LEN=1024 \
    -isystem build/deps/lwip/src/include -isystem platform/cortexm/lwip
