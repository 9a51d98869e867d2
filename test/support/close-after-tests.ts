import { afterAll } from '@jest/globals';
import type { Adapter } from './http-app.js';
import { createTestDatabase, type TestDatabase } from './test-database.js';

const ENDS = ['remove', 'drop', 'close', 'stop', 'end', 'destroy', 'release'] as const;
type Closable = Partial<Record<(typeof ENDS)[number], () => unknown>>;

const open: Closable[] = [];

/** After the spec's last test, everything is closed in reverse order. */
export async function closeAfterTests<T extends Closable>(making: T | Promise<T>): Promise<T> {
  const made = await making;
  open.push(made);
  afterAll(async () => {
    const last = open.pop();
    const end = ENDS.find((name) => last?.[name] !== undefined);
    if (end !== undefined) await last?.[end]?.();
  });
  return made;
}

export async function keptApp<T extends { readonly app: { close(): unknown } }>(making: Promise<T>): Promise<T> {
  const made = await making;
  await closeAfterTests({ close: () => made.app.close() });
  return made;
}

export const testDatabase = async (options?: Parameters<typeof createTestDatabase>[0]): Promise<TestDatabase> =>
  closeAfterTests(createTestDatabase(options));

/** The rows are for `describe.each` with `$adapter` in the title. */
export async function closeEach<T extends object>(
  adapters: readonly Adapter[],
  make: (adapter: Adapter) => Promise<T>,
): Promise<readonly (T & { readonly adapter: Adapter })[]> {
  const rows: (T & { readonly adapter: Adapter })[] = [];
  for (const adapter of adapters) rows.push({ ...(await make(adapter)), adapter });
  return rows;
}
