# mps2-an385: Arm's MPS2 with the FPGA image of AN385, a Cortex-M3 with strict faults.
include boards/mps2/mps2.mk
BOARD_CFLAGS := -mcpu=cortex-m3 $(MPS2_CFLAGS)
BOARD_MACHINE := mps2-an385
P256V_KERNEL := firmware/base/p256v_kernel_m3.S
