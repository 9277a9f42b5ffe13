/*
 * The kernel for a Cortex-M3, or any other core with Thumb-2.
 *
 * Its multiplier makes 64 bits of 32 x 32 in 3 to 5 cycles (UMULL) and adds them to 64 more in 4 to
 * 7 (UMLAL), sooner where an operand is short. So UMULL and two additions of one cycle each are no
 * more instructions than UMLAL, which wants a register zeroed for it, and fewer cycles.
 */
#include "base/p256v_kernel_thumb.inc"

/*
 * One row of a product of four columns: the window (t0, t1, t2, t3) at word k, plus x times
 * (r2, r3, r4, r5). The lowest word is done and stored; the window moves on by a word, to
 * (t1, t2, t3, x), and t0 is the next row's x. Neither adc can carry, for x times four words plus
 * four words is less than five.
 *
 * r1 points to the rows' words; r0 and r10 to r12 are used up.
 */
.macro  row     t0, t1, t2, t3, x, from, to
        ldr     \x, [r1, #4 * \from]
        umull   r0, r10, r2, \x
        adds    \t0, \t0, r0
        umull   r0, r11, r3, \x
        adcs    \t1, \t1, r0
        umull   r0, r12, r4, \x
        adcs    \t2, \t2, r0
        umull   r0, \x, r5, \x
        adcs    \t3, \t3, r0
        adc     \x, \x, #0
        adds    \t1, \t1, r10
        adcs    \t2, \t2, r11
        adcs    \t3, \t3, r12
        adc     \x, \x, #0
        str     \t0, [sp, #T + 4 * \to]
.endm

/* The same where the window is still empty. */
.macro  first_row t0, t1, t2, t3, x, from, to
        ldr     \x, [r1, #4 * \from]
        umull   \t0, r10, r2, \x
        umull   \t1, r11, r3, \x
        umull   \t2, r12, r4, \x
        umull   \t3, \x, r5, \x
        adds    \t1, \t1, r10
        adcs    \t2, \t2, r11
        adcs    \t3, \t3, r12
        adc     \x, \x, #0
        str     \t0, [sp, #T + 4 * \to]
.endm

        function p256v_mul
        enter_product
        /* The lower half of b by all of a: t[0] to t[7], and in the window t[8] to t[11]. */
        ldm     r2, {r2-r5}
        first_row r6, r7, r8, r9, lr, 0, 0
        row     r7, r8, r9, lr, r6, 1, 1
        row     r8, r9, lr, r6, r7, 2, 2
        row     r9, lr, r6, r7, r8, 3, 3
        row     lr, r6, r7, r8, r9, 4, 4
        row     r6, r7, r8, r9, lr, 5, 5
        row     r7, r8, r9, lr, r6, 6, 6
        row     r8, r9, lr, r6, r7, 7, 7
        strd    r9, lr, [sp, #T + 32]
        strd    r6, r7, [sp, #T + 40]
        /* The upper half of b: from word 4 on. */
        ldr     r0, [sp, #B]
        ldrd    r2, r3, [r0, #16]
        ldrd    r4, r5, [r0, #24]
        ldrd    r6, r7, [sp, #T + 16]
        ldrd    r8, r9, [sp, #T + 24]
        row     r6, r7, r8, r9, lr, 0, 4
        row     r7, r8, r9, lr, r6, 1, 5
        row     r8, r9, lr, r6, r7, 2, 6
        row     r9, lr, r6, r7, r8, 3, 7
        /* The window and what the lower half left here; the carry waits as t[12]. */
        ldrd    r10, r11, [sp, #T + 32]
        ldrd    r0, r12, [sp, #T + 40]
        adds    lr, lr, r10
        adcs    r6, r6, r11
        adcs    r7, r7, r0
        adcs    r8, r8, r12
        mov     r0, #0
        adc     r0, r0, r0
        str     r0, [sp, #T + 48]
        row     lr, r6, r7, r8, r9, 4, 8
        row     r6, r7, r8, r9, lr, 5, 9
        row     r7, r8, r9, lr, r6, 6, 10
        row     r8, r9, lr, r6, r7, 7, 11
        ldr     r0, [sp, #T + 48]
        adds    r9, r9, r0
        adcs    lr, lr, #0
        adcs    r6, r6, #0
        adc     r7, r7, #0
        strd    r9, lr, [sp, #T + 48]
        strd    r6, r7, [sp, #T + 56]
        b       p256v_reduce
        end_function p256v_mul

/*
 * The square of (r2, r3, r4, r5) in (r6, ..., r12, lr): the products of two different words, their
 * double, and the squares of the words. r1 is kept.
 */
.macro  square_of_four
        umull   r7, r8, r2, r3
        umull   r0, r9, r2, r4
        adds    r8, r8, r0
        umull   r0, r10, r2, r5
        adcs    r9, r9, r0
        adc     r10, r10, #0
        umull   r0, r11, r3, r4
        adds    r9, r9, r0
        adcs    r10, r10, r11
        umull   r0, r11, r3, r5
        adc     r11, r11, #0
        adds    r10, r10, r0
        umull   r0, r12, r4, r5
        adcs    r11, r11, r0
        adc     r12, r12, #0
        adds    r7, r7, r7
        adcs    r8, r8, r8
        adcs    r9, r9, r9
        adcs    r10, r10, r10
        adcs    r11, r11, r11
        adcs    r12, r12, r12
        mov     lr, #0
        adc     lr, lr, lr
        umull   r6, r0, r2, r2
        adds    r7, r7, r0
        umull   r0, r2, r3, r3
        adcs    r8, r8, r0
        adcs    r9, r9, r2
        umull   r0, r2, r4, r4
        adcs    r10, r10, r0
        adcs    r11, r11, r2
        umull   r0, r2, r5, r5
        adcs    r12, r12, r0
        adc     lr, lr, r2
.endm

/* By halves: a^2 = l^2 + 2 l h 2^128 + h^2 2^256. */
        function p256v_sqr
        enter_product
        ldm     r1, {r2-r5}
        square_of_four
        stm     sp, {r6-r12, lr}
        /* l h, whose lower words wait in t[8] to t[11]; doubled, it has nine words. */
        ldm     r1!, {r2-r5}
        first_row r6, r7, r8, r9, lr, 0, 8
        row     r7, r8, r9, lr, r6, 1, 9
        row     r8, r9, lr, r6, r7, 2, 10
        row     r9, lr, r6, r7, r8, 3, 11
        ldrd    r2, r3, [sp, #T + 32]
        ldrd    r4, r5, [sp, #T + 40]
        adds    r2, r2, r2
        adcs    r3, r3, r3
        adcs    r4, r4, r4
        adcs    r5, r5, r5
        adcs    lr, lr, lr
        adcs    r6, r6, r6
        adcs    r7, r7, r7
        adcs    r8, r8, r8
        mov     r9, #0
        adc     r9, r9, r9
        /* From word 4 on. */
        ldrd    r10, r11, [sp, #T + 16]
        adds    r10, r10, r2
        adcs    r11, r11, r3
        strd    r10, r11, [sp, #T + 16]
        ldrd    r10, r11, [sp, #T + 24]
        adcs    r10, r10, r4
        adcs    r11, r11, r5
        strd    r10, r11, [sp, #T + 24]
        adcs    lr, lr, #0
        adcs    r6, r6, #0
        adcs    r7, r7, #0
        adcs    r8, r8, #0
        adc     r9, r9, #0
        strd    lr, r6, [sp, #T + 32]
        strd    r7, r8, [sp, #T + 40]
        str     r9, [sp, #T + 48]
        ldm     r1, {r2-r5}
        square_of_four
        ldrd    r2, r3, [sp, #T + 32]
        ldrd    r4, r5, [sp, #T + 40]
        ldr     r0, [sp, #T + 48]
        adds    r6, r6, r2
        adcs    r7, r7, r3
        adcs    r8, r8, r4
        adcs    r9, r9, r5
        adcs    r10, r10, r0
        adcs    r11, r11, #0
        adcs    r12, r12, #0
        adc     lr, lr, #0
        add     r0, sp, #T + 32
        stm     r0, {r6-r12, lr}
        b       p256v_reduce
        end_function p256v_sqr

        reduction
