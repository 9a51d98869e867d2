import { afterAll } from '@jest/globals';
import type { Adapter } from './http-app.js';
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

/** Makes something on each of the web frameworks, in the module body of a spec: rows of `describe.each`, for a title with `$adapter`. */
export async function onEach<T extends object>(
  adapters: readonly Adapter[],
  make: (adapter: Adapter) => Promise<T>,
): Promise<readonly (T & { readonly adapter: Adapter })[]> {
  const rows: (T & { readonly adapter: Adapter })[] = [];
  for (const adapter of adapters) rows.push({ ...(await make(adapter)), adapter });
  return rows;
}
