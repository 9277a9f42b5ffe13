# mps2-an386: Arm's MPS2 with the FPGA image of AN386, a Cortex-M4, whose multiplier takes 64 bits in
# one cycle: elliptic curves are p256-m's, which is faster and smaller there than the library's own.
include boards/mps2/mps2.mk
BOARD_CURVE := p256-m
BOARD_CFLAGS := -mcpu=cortex-m4 $(MPS2_CFLAGS)
BOARD_MACHINE := mps2-an386
P256V_KERNEL := firmware/base/p256v_kernel_m4.S
