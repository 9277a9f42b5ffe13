# linux: a terminal or a development machine that runs Linux.
BOARD_CFLAGS := -fstack-protector-strong -fstack-clash-protection $(if $(SAN),,-D_FORTIFY_SOURCE=2) \
    -fno-common -ffunction-sections -fdata-sections -DMBEDTLS_SSL_IN_CONTENT_LEN=4096 \
    -DMBEDTLS_SSL_OUT_CONTENT_LEN=4096 -DMBEDTLS_THREADING_C -DMBEDTLS_THREADING_PTHREAD
# Only what a program uses is kept: the terminal links none of the host's libraries.
BOARD_LIBS := -Wl,-z,relro,-z,now -Wl,--as-needed -lmicrohttpd -lgnutls -lsqlite3 -lpng -lpthread -lm
# What the installed library asks for beside its own archives.
BOARD_LIBS_PRIVATE := -lpthread
