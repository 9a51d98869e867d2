import { AsyncLocalStorage } from 'node:async_hooks';
import type { PgClient } from './pg-client.types.js';

/** The connection of {@link auditedPg} on which some work ran a statement; missing if it ran none on such a connection. */
export interface CaughtClient {
  client?: PgClient;
}

const catching = new AsyncLocalStorage<CaughtClient>();

/** Does `work`, and notes in `caught` the connection on which it runs a statement, also while the statement runs. */
export function catchClient<Result>(caught: CaughtClient, work: () => Result): Result {
  return catching.run(caught, work);
}

/** Called by a connection for each of its statements. */
export function noteClient(client: PgClient): void {
  const caught = catching.getStore();
  if (caught) caught.client = client;
}
