/*
 * json: documents read through cJSON inside a caller's arena, and written by a streaming emitter.
 *
 * The whole text is checked against the grammar (RFC 8259) before cJSON sees it: strict UTF-8, at
 * most JSON_DEPTH containers deep, no trailing bytes, no escaped NUL or lone surrogate. Afterwards
 * duplicate member names are refused and the members of an object are bounded by JSON_MEMBERS.
 *
 * Memory   A parse lives in the arena given: about 64 bytes a value on a 64-bit machine and 40 on a
 *          32-bit one, beside its texts. json_close() wipes it: a document may name a person.
 * Threads  Owner task only (cJSON's hooks are process-wide).
 * Time     Linear, but for names: quadratic in the members of an object.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/bytes.h"

enum { JSON_DEPTH = 12, JSON_MEMBERS = 64 };

struct json; /* a node of a parsed document */

/* REFUSED_SHAPE: not JSON, too deep, too many members or a duplicate one; FAULT_MEMORY: arena too
 * small. *root is then NULL, and *error_at (may be NULL) the byte offset of the fault; a duplicate
 * is found at the end of the text. The text need not be NUL-terminated. Must be followed by
 * json_close() when OK. */
MUST_CHECK enum scrip_status json_parse(struct bytes text, void *arena, size_t arena_len,
                                        const struct json **root, size_t *error_at);
void json_close(const struct json *root);

/* Members and elements: NULL where absent, of another type, or where the parent is NULL, so that
 * paths chain. */
const struct json *json_member(const struct json *object, const char *name);
const struct json *json_element(const struct json *array, size_t index);
size_t json_count(const struct json *array_or_object);
bool json_is_object(const struct json *node);
bool json_is_array(const struct json *node);
/* The index-th member of an object with its name, or NULL. */
const struct json *json_member_at(const struct json *object, size_t index, const char **name);

/* False where the node is NULL, of another type or out of range; the result is then zero. A text is
 * a view, NUL-terminated and without NUL bytes inside. A uint is an integer below 2^53, where every
 * integer is exact. */
bool json_text(const struct json *node, struct bytes *text);
bool json_uint(const struct json *node, uint64_t max, uint64_t *value);
bool json_bool(const struct json *node, bool *value);
/* A number in units of 10^-places, without what lies behind them: 5.01, 2 -> 501. `exact` says that
 * this cut nothing off; digits behind the 17th never count. What is out of range becomes INT64_MAX
 * with its sign, and is not exact. False where the node is no number. */
bool json_decimal(const struct json *node, unsigned places, int64_t *value, bool *exact);

/*
 * The emitter writes to a sink piece by piece and never holds a document. With a NULL sink it only
 * counts, which is how Content-Length is computed: run it twice.
 */
struct json_out {
    enum scrip_status (*sink)(void *context, const void *data, size_t len);
    void *context;
    size_t len;               /* bytes emitted so far */
    enum scrip_status status; /* the first failure; later calls do nothing */
    uint8_t depth;
    bool comma; /* a value came before, in the container that is open */
};

void json_out_open(struct json_out *out, enum scrip_status (*sink)(void *, const void *, size_t),
                   void *context);
/* A sink that appends to a struct buffer (its context). */
enum scrip_status json_to_buffer(void *buffer, const void *data, size_t len);

/* name is a literal that needs no escapes, and NULL inside an array and for the outermost value. A
 * text that is not strict UTF-8 makes the status REFUSED_TEXT. */
void json_put_object(struct json_out *out, const char *name);
void json_put_array(struct json_out *out, const char *name);
void json_end_object(struct json_out *out);
void json_end_array(struct json_out *out);
void json_put_text(struct json_out *out, const char *name, struct bytes text);
void json_put_string(struct json_out *out, const char *name, const char *text);
void json_put_uint(struct json_out *out, const char *name, uint64_t value);
void json_put_int(struct json_out *out, const char *name, int64_t value);
void json_put_bool(struct json_out *out, const char *name, bool value);
void json_put_null(struct json_out *out, const char *name);
void json_put_base64url(struct json_out *out, const char *name, struct bytes data);
/* An amount in minor units with `exponent` digits behind the point, as a JSON number: 500, 2
 * -> 5.00 */
void json_put_amount(struct json_out *out, const char *name, int64_t minor, unsigned exponent);
/* What went wrong first: the sink's failure or REFUSED_TEXT. Every container must be closed. */
MUST_CHECK enum scrip_status json_out_end(struct json_out *out);

#endif
