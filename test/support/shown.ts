import { expect } from 'playwright/test';

/**
 * Expects something of a place in a page, and waits until it is so: what a page shows comes later than what was done to it.
 * `shown.poll(() => …)` does the same with what a function returns.
 */
export const shown = expect.configure({ timeout: Number(process.env.PATIENCE_MS ?? 120_000) });
