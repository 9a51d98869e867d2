import { expect } from 'playwright/test';

/** A page shows a change later than the action that causes the change. `shown.poll(() => …)` does the same for a function's result. */
export const shown = expect.configure({ timeout: Number(process.env.PATIENCE_MS ?? 120_000) });
