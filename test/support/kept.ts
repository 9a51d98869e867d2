import { afterAll } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from './test-database.js';

const ENDS = ['remove', 'drop', 'close', 'stop', 'end', 'destroy'] as const;
type Closable = Partial<Record<(typeof ENDS)[number], () => unknown>>;

const open: Closable[] = [];

/** Keeps what the module body of a spec makes until its last test, and closes it then: what was made last, first. */
export async function kept<T extends Closable>(making: T | Promise<T>): Promise<T> {
  const made = await making;
  open.push(made);
  afterAll(async () => {
    const last = open.pop();
    const end = ENDS.find((name) => last?.[name] !== undefined);
    if (end !== undefined) await last?.[end]?.();
  });
  return made;
}

/** Keeps an application that listens. */
export async function keptApp<T extends { readonly app: { close(): unknown } }>(making: Promise<T>): Promise<T> {
  const made = await making;
  await kept({ close: () => made.app.close() });
  return made;
}

/** A database of the spec's own. */
export const testDatabase = async (options?: Parameters<typeof createTestDatabase>[0]): Promise<TestDatabase> =>
  kept(createTestDatabase(options));
