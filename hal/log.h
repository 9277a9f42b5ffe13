/*
 * hal_log: one line of text for whoever maintains the terminal. Never a code, a key or a name.
 */
#ifndef HAL_LOG_H
#define HAL_LOG_H

#ifdef __cplusplus
extern "C" {
#endif

enum hal_log_level { HAL_LOG_ERROR, HAL_LOG_WARNING, HAL_LOG_INFO };

struct hal_log {
    void *context;
    /* Writes one line (no newline in text). Never fails, never blocks. */
    void (*write)(void *context, enum hal_log_level level, const char *text);
};

#ifdef __cplusplus
}
#endif

#endif
