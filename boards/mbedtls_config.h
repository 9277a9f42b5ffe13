/*
 * mbedtls_config: the mbedTLS that Scrip uses, the same on every board.
 *
 * Elliptic curves on P-256, AES-128-GCM, SHA-256; PSA is the only way to reach them. TLS 1.3 as a
 * client, with certificates or a session ticket. What is not named here is not compiled: no RSA,
 * no DHE, no TLS 1.2, no file access, no allocator but the one static arena that base/crypto hands
 * over. Sizes may be set by a board.mk. The PSA half is boards/psa_crypto_config.h.
 */
#ifndef BOARDS_MBEDTLS_CONFIG_H
#define BOARDS_MBEDTLS_CONFIG_H

/* Platform. Memory comes from mbedtls_memory_buffer_alloc_init(), never from malloc(). */
#define MBEDTLS_PLATFORM_C
#define MBEDTLS_PLATFORM_MEMORY
#define MBEDTLS_MEMORY_BUFFER_ALLOC_C
/* The library's own default of 4 misaligns its headers where pointers have 8 bytes. */
#define MBEDTLS_MEMORY_ALIGN_MULTIPLE 8
#define MBEDTLS_HAVE_ASM
#define MBEDTLS_DEPRECATED_REMOVED

/* The age of a ticket is by mbedtls_ms_time(), which sync/tls defines. Dates of certificates are
 * ours to judge, against signed time, so the library knows none (no MBEDTLS_HAVE_TIME_DATE). */
#define MBEDTLS_HAVE_TIME
#define MBEDTLS_PLATFORM_TIME_ALT
#define MBEDTLS_PLATFORM_MS_TIME_ALT

/* Randomness is hal_entropy's: base/crypto defines mbedtls_psa_external_get_random(). */
#define MBEDTLS_NO_PLATFORM_ENTROPY
#define MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG

#define MBEDTLS_PSA_CRYPTO_C
#define MBEDTLS_PSA_CRYPTO_CONFIG
#define MBEDTLS_PSA_KEY_SLOT_COUNT 12
#define MBEDTLS_USE_PSA_CRYPTO

#define MBEDTLS_AES_C
/* The tables are constants, not 4.5 KiB of RAM filled at first use. */
#define MBEDTLS_AES_ROM_TABLES
#define MBEDTLS_AES_ONLY_128_BIT_KEY_LENGTH
#define MBEDTLS_BLOCK_CIPHER_NO_DECRYPT
#define MBEDTLS_GCM_C
#define MBEDTLS_MD_C
#define MBEDTLS_SHA256_C
#define MBEDTLS_ECP_NIST_OPTIM

/* Keys and certificates: parse and verify everywhere; requests are written on the terminal,
 * certificates only by the operator's tool. Written files are archives' members: unused, no cost.
 */
#define MBEDTLS_ASN1_PARSE_C
#define MBEDTLS_ASN1_WRITE_C
#define MBEDTLS_BASE64_C
#define MBEDTLS_OID_C
#define MBEDTLS_PEM_PARSE_C
#define MBEDTLS_PEM_WRITE_C
#define MBEDTLS_PK_C
#define MBEDTLS_PK_PARSE_C
#define MBEDTLS_PK_WRITE_C
#define MBEDTLS_X509_USE_C
#define MBEDTLS_X509_CRT_PARSE_C
#define MBEDTLS_X509_CSR_PARSE_C
#define MBEDTLS_X509_CREATE_C
#define MBEDTLS_X509_CRT_WRITE_C
#define MBEDTLS_X509_CSR_WRITE_C
#define MBEDTLS_X509_REMOVE_INFO
#define MBEDTLS_X509_MAX_INTERMEDIATE_CA 2

/* TLS 1.3, client only (RFC 8446). The host may resume with a ticket, always with a fresh ECDHE. */
#define MBEDTLS_SSL_TLS_C
#define MBEDTLS_SSL_CLI_C
#define MBEDTLS_SSL_PROTO_TLS1_3
#define MBEDTLS_SSL_CIPHERSUITES MBEDTLS_TLS1_3_AES_128_GCM_SHA256
#define MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL_ENABLED
#define MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_PSK_EPHEMERAL_ENABLED
#define MBEDTLS_SSL_KEEP_PEER_CERTIFICATE
#define MBEDTLS_SSL_SERVER_NAME_INDICATION
#define MBEDTLS_SSL_SESSION_TICKETS
/* RFC 8449: lets a host that speaks it keep its records within our buffer. */
#define MBEDTLS_SSL_RECORD_SIZE_LIMIT
#ifndef MBEDTLS_SSL_IN_CONTENT_LEN
#define MBEDTLS_SSL_IN_CONTENT_LEN 2048
#endif
#ifndef MBEDTLS_SSL_OUT_CONTENT_LEN
#define MBEDTLS_SSL_OUT_CONTENT_LEN 1024
#endif

#endif
