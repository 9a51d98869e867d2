import { AsyncLocalStorage } from 'node:async_hooks';
import type { PgClient } from './pg-client.types.js';

/** What {@link catchClient} notes. */
export interface CaughtClient {
  isAsked?: boolean;
  /** The connection of {@link auditedPg} that ran a statement; missing if none ran on such a connection. */
  client?: PgClient;
}

const catching = new AsyncLocalStorage<CaughtClient>();

/** Does `work`, and notes in `caught` that it did, and the connection on which it runs a statement, also while the statement runs. */
export function catchClient<Result>(caught: CaughtClient, work: () => Result): Result {
  caught.isAsked = true;
  return catching.run(caught, work);
}

/** Called by a connection for each of its statements. */
export function noteClient(client: PgClient): void {
  const caught = catching.getStore();
  if (caught) caught.client = client;
}
