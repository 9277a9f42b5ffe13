# big-endian: no board, only a byte order: what `make big-endian` runs the tests on, a 64-bit s390x
# under qemu-user. Tests that need libraries of the system (the host's, OpenSSL) stay outside.
CC := s390x-linux-gnu-gcc
BOARD_AR := s390x-linux-gnu-ar
BOARD_OBJCOPY := s390x-linux-gnu-objcopy
BOARD_RUN := qemu-s390x -L /usr/s390x-linux-gnu
BOARD_CFLAGS := -fno-common -DMBEDTLS_THREADING_C -DMBEDTLS_THREADING_PTHREAD
BOARD_LIBS := -lpthread -lm
BOARD_LEFT_OUT := platform/posix/till.c tests/support/host_%
