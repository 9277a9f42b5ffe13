# size-cortex-m3: no board, only its processor: what `make size-modules` and the benches measure.
CC := arm-none-eabi-gcc
BOARD_AR := arm-none-eabi-ar
BOARD_OPTIMISE := -Os
# Nothing prints a fraction: the C library's printf is the one for integers.
BOARD_CFLAGS := -mcpu=cortex-m3 -mthumb --specs=picolibc.specs -ffunction-sections -fdata-sections \
    -fno-common -DPICOLIBC_INTEGER_PRINTF_SCANF -DCRYPTO_ARENA_BYTES=18432 \
    -DMBEDTLS_AES_FEWER_TABLES -DMBEDTLS_SSL_IN_CONTENT_LEN=2048 -DMBEDTLS_SSL_OUT_CONTENT_LEN=1024
BOARD_OBJCOPY := arm-none-eabi-objcopy
P256V_KERNEL := firmware/base/p256v_kernel_m3.S
