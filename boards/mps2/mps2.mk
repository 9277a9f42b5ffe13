# Arm's MPS2 boards: the same devices around another core; a board.mk adds -mcpu.
CC := arm-none-eabi-gcc
BOARD_AR := arm-none-eabi-ar
BOARD_OBJCOPY := arm-none-eabi-objcopy
BOARD_OPTIMISE := -Os
BOARD_DIR := boards/mps2
BOARD_PLATFORM := cortexm
BOARD_LIBRARIES := lwip
BOARD_END ?= semihost
BOARD_PEER := 10.0.2.100:4433
MPS2_CFLAGS := -mthumb --specs=picolibc.specs -ffunction-sections -fdata-sections -fno-common \
    -fstack-protector-strong -DCRYPTO_ARENA_BYTES=32768 -DMBEDTLS_AES_FEWER_TABLES -DMBEDTLS_PSA_ASSUME_EXCLUSIVE_BUFFERS \
    -isystem build/deps/lwip/src/include -isystem platform/cortexm/lwip

# `make size` fails beyond these: bytes of an image's flash and RAM, of the agent's text, of struct scrip.
BUDGET_FLASH := 253952
BUDGET_RAM := 262144
BUDGET_AGENT := 102400
BUDGET_SCRIP := 24576
