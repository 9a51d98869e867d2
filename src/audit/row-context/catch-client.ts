import { AsyncLocalStorage } from 'node:async_hooks';
import type { PgClient } from './pg-client.types.js';

const catching = new AsyncLocalStorage<{ client?: PgClient }>();

/** Does `work`, and finds the connection of {@link auditedPg} on which it runs a statement; `undefined` if it runs none on such a connection. */
export async function catchClient<Result>(
  work: () => Promise<Result>,
): Promise<{ readonly result: Result; readonly client: PgClient | undefined }> {
  const caught: { client?: PgClient } = {};
  const result = await catching.run(caught, work);
  return { result, client: caught.client };
}

/** Called by a connection for each of its statements. */
export function noteClient(client: PgClient): void {
  const caught = catching.getStore();
  if (caught) caught.client = client;
}
