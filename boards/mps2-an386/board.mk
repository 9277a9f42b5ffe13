# mps2-an386: Arm's MPS2 with the FPGA image of AN386, a Cortex-M4, whose multiplier takes 64 bits in
# one cycle: elliptic curves are p256-m's, which is faster and smaller there than the library's own.
include boards/mps2/mps2.mk
P256M := 3rdparty/p256-m/p256-m
BOARD_MBEDTLS := 3rdparty/p256-m/p256-m_driver_entrypoints $(P256M)/p256-m
BOARD_CFLAGS := -mcpu=cortex-m4 $(MPS2_CFLAGS) -DMBEDTLS_PSA_P256M_DRIVER_ENABLED \
    -isystem build/deps/mbedtls/3rdparty/p256-m -isystem build/deps/mbedtls/$(P256M) -isystem build/deps/mbedtls/library
BOARD_MACHINE := mps2-an386
