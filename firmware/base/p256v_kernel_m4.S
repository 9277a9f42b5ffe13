/*
 * The kernel for a Cortex-M4, or any other core with Thumb-2 and the DSP extension.
 *
 * UMAAL lo, hi, x, y makes hi:lo = x y + hi + lo, which cannot overflow, in one cycle: one step of
 * a product by rows, with the row's carry in hi.
 */
#ifndef __ARM_FEATURE_DSP
#error "UMAAL is of the DSP extension: this core's kernel is p256v_kernel_m3.S"
#endif
#include "base/p256v_kernel_thumb.inc"

/*
 * One column of a product of four rows (r2, r3, r4, r5) whose carries are r10, r11, r12 and lr: the
 * window (t0, t1, t2, t3) at word k, plus the column's word at r1 times the rows. The lowest word
 * is done and stored; the next column's window is (t1, t2, t3, t0).
 *
 * r0 is used up.
 */
.macro  column  t0, t1, t2, t3, from, to
        ldr     r0, [r1, #4 * \from]
        umaal   \t0, r10, r0, r2
        umaal   \t1, r11, r0, r3
        umaal   \t2, r12, r0, r4
        umaal   \t3, lr, r0, r5
        str     \t0, [sp, #T + 4 * \to]
.endm

/* The last window and the carries, which are a word ahead of it: four words in t1, t2, t3, lr. */
.macro  last_carries t1, t2, t3
        adds    \t1, \t1, r10
        adcs    \t2, \t2, r11
        adcs    \t3, \t3, r12
        adc     lr, lr, #0
.endm

        function p256v_mul
        enter_product
        ldm     r2, {r2-r5}
        ldr     r0, [r1]
        umull   r6, r10, r0, r2
        umull   r7, r11, r0, r3
        umull   r8, r12, r0, r4
        umull   r9, lr, r0, r5
        str     r6, [sp, #T]
        mov     r6, #0
        column  r7, r8, r9, r6, 1, 1
        mov     r7, #0
        column  r8, r9, r6, r7, 2, 2
        mov     r8, #0
        column  r9, r6, r7, r8, 3, 3
        mov     r9, #0
        column  r6, r7, r8, r9, 4, 4
        mov     r6, #0
        column  r7, r8, r9, r6, 5, 5
        mov     r7, #0
        column  r8, r9, r6, r7, 6, 6
        mov     r8, #0
        column  r9, r6, r7, r8, 7, 7
        last_carries r6, r7, r8
        strd    r6, r7, [sp, #T + 32]
        strd    r8, lr, [sp, #T + 40]
        /* The upper half of b: from word 4 on. */
        ldr     r0, [sp, #B]
        ldrd    r2, r3, [r0, #16]
        ldrd    r4, r5, [r0, #24]
        ldrd    r6, r7, [sp, #T + 16]
        ldrd    r8, r9, [sp, #T + 24]
        mov     r10, #0
        mov     r11, #0
        mov     r12, #0
        mov     lr, #0
        column  r6, r7, r8, r9, 0, 4
        ldr     r6, [sp, #T + 32]
        column  r7, r8, r9, r6, 1, 5
        ldr     r7, [sp, #T + 36]
        column  r8, r9, r6, r7, 2, 6
        ldr     r8, [sp, #T + 40]
        column  r9, r6, r7, r8, 3, 7
        ldr     r9, [sp, #T + 44]
        column  r6, r7, r8, r9, 4, 8
        mov     r6, #0
        column  r7, r8, r9, r6, 5, 9
        mov     r7, #0
        column  r8, r9, r6, r7, 6, 10
        mov     r8, #0
        column  r9, r6, r7, r8, 7, 11
        last_carries r6, r7, r8
        strd    r6, r7, [sp, #T + 48]
        strd    r8, lr, [sp, #T + 56]
        b       p256v_reduce
        end_function p256v_mul

/*
 * Row i is a[i] (a[i] + 2 (a[i + 1] 2^32 + ...)), and the columns are those of the product. The
 * words of 2 a are made on the way, by a chain of adcs that no multiplication disturbs. The one
 * next to the diagonal must do without its lowest bit, which is a[i]'s top bit and not of the row;
 * the top bit of all is a column of its own.
 *
 * Word k of the result is in r6 to r9 by turns, word 12 in lr.
 */
        function p256v_sqr
        enter_product
        ldm     r1, {r2-r5}             /* rows 0 to 3, carries r10, r11, r12, lr */
        umull   r6, r10, r2, r2
        str     r6, [sp, #T]

        adds    r0, r3, r3
        mov     r7, #0
        umaal   r7, r10, r0, r2
        umull   r8, r11, r3, r3
        str     r7, [sp, #T + 4]

        adcs    r0, r4, r4
        umaal   r8, r10, r0, r2
        bic     r0, r0, #1
        mov     r9, #0
        umaal   r9, r11, r0, r3
        umull   r6, r12, r4, r4
        str     r8, [sp, #T + 8]

        adcs    r0, r5, r5
        umaal   r9, r10, r0, r2
        umaal   r6, r11, r0, r3
        bic     r0, r0, #1
        mov     r7, #0
        umaal   r7, r12, r0, r4
        umull   r8, lr, r5, r5
        str     r9, [sp, #T + 12]

        ldr     r0, [r1, #16]
        adcs    r0, r0, r0
        umaal   r6, r10, r0, r2
        umaal   r7, r11, r0, r3
        umaal   r8, r12, r0, r4
        bic     r0, r0, #1
        mov     r9, #0
        umaal   r9, lr, r0, r5
        str     r6, [sp, #T + 16]

.macro  double_column t0, t1, t2, t3, from, to
        ldr     r0, [r1, #4 * \from]
        adcs    r0, r0, r0
        mov     \t3, #0
        umaal   \t0, r10, r0, r2
        umaal   \t1, r11, r0, r3
        umaal   \t2, r12, r0, r4
        umaal   \t3, lr, r0, r5
        str     \t0, [sp, #T + 4 * \to]
.endm
        double_column r7, r8, r9, r6, 5, 5
        double_column r8, r9, r6, r7, 6, 6
        double_column r9, r6, r7, r8, 7, 7
        mov     r0, #0
        adc     r0, r0, r0
        mov     r9, #0
        umaal   r6, r10, r0, r2
        umaal   r7, r11, r0, r3
        umaal   r8, r12, r0, r4
        umaal   r9, lr, r0, r5
        last_carries r7, r8, r9

        add     r1, #16
        ldm     r1, {r2-r5}             /* rows 4 to 6, carries r10, r11, r12, and 7 */
        mov     r10, #0
        umaal   r6, r10, r2, r2
        str     r6, [sp, #T + 32]

        adds    r0, r3, r3
        umaal   r7, r10, r0, r2
        mov     r11, #0
        umaal   r8, r11, r3, r3
        str     r7, [sp, #T + 36]

        adcs    r0, r4, r4
        umaal   r8, r10, r0, r2
        bic     r0, r0, #1
        umaal   r9, r11, r0, r3
        mov     r12, #0
        umaal   lr, r12, r4, r4
        str     r8, [sp, #T + 40]

        adcs    r0, r5, r5
        umaal   r9, r10, r0, r2
        umaal   lr, r11, r0, r3
        bic     r0, r0, #1
        mov     r6, #0
        umaal   r6, r12, r0, r4
        umull   r7, r8, r5, r5
        str     r9, [sp, #T + 44]

        mov     r0, #0
        adc     r0, r0, r0
        umaal   lr, r10, r0, r2
        umaal   r6, r11, r0, r3
        umaal   r7, r12, r0, r4
        adds    r6, r6, r10
        adcs    r7, r7, r11
        adc     r8, r8, r12
        strd    lr, r6, [sp, #T + 48]
        strd    r7, r8, [sp, #T + 56]
        b       p256v_reduce
        end_function p256v_sqr

        reduction
