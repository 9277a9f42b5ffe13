# lm3s6965evb: TI's Stellaris LM3S6965 on its evaluation board: Cortex-M3, 256 KiB of flash, 64 KiB of
# RAM. What it holds is limited by limits.h.
#
# It is the tight one. Elliptic curves are p256-m's: 12 KiB less flash than the library's own, and no
# arena; signing takes four times as long, verifying is p256v's. The image is optimised as a whole
# (-flto), without the passes that cost more than they save here, and functions are not inlined
# where that makes one large stack frame of many. Canaries guard the functions with arrays of 8 bytes
# and more: of uint8_t, as this compiler overlooks those of char where it optimises across modules; to
# guard all costs 6.6 KB of flash.
CC := arm-none-eabi-gcc
BOARD_AR := arm-none-eabi-gcc-ar
BOARD_OBJCOPY := arm-none-eabi-objcopy
BOARD_OPTIMISE := -Os -fipa-pta $(addprefix -fno-,caller-saves move-loop-invariants schedule-insns2 thread-jumps tree-dominator-opts) \
    --param=large-stack-frame=400 --param=large-stack-frame-growth=0
BOARD_PLATFORM := cortexm
BOARD_LIBRARIES := lwip
BOARD_MACHINE := lm3s6965evb
BOARD_CURVE := p256-m
BOARD_END ?= semihost
BOARD_TESTS := tests/e2e/boards_screen.sh
BOARD_PEER := 10.0.2.100:4433
BOARD_CFLAGS := -mcpu=cortex-m3 -mthumb --specs=picolibc.specs -ffunction-sections -fdata-sections \
    -fno-common -flto -flto-partition=one -ffat-lto-objects -fstack-protector \
    -DSCRIP_LIMITS_FILE='"boards/lm3s6965evb/limits.h"' -DCRYPTO_ARENA_BYTES=14336 \
    -DMBEDTLS_AES_FEWER_TABLES -DMBEDTLS_SHA256_SMALLER -DMBEDTLS_PSA_ASSUME_EXCLUSIVE_BUFFERS \
    -DMBEDTLS_SSL_IN_CONTENT_LEN=2048 -DMBEDTLS_SSL_OUT_CONTENT_LEN=1024 \
    -isystem build/deps/lwip/src/include -isystem platform/cortexm/lwip
# The canaries are for our own code: in the libraries they would take 1 KB more.
BOARD_LIBRARY_CFLAGS := -fno-stack-protector
P256V_KERNEL := firmware/base/p256v_kernel_m3.S
# 512 bytes for the base point instead of 2 KiB, and a seventh more to verify.
P256V_BASE_TEETH := 4

# `make size` fails beyond these: bytes of an image's flash and RAM, of the agent's text, of struct scrip.
# Those of flash and of the agent stand where the code is, not at the goal: firmware/DESIGN.md, Footprint.
BUDGET_FLASH := 192000
BUDGET_RAM := 59392
BUDGET_AGENT := 90112
BUDGET_SCRIP := 8192
