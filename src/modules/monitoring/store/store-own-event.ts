import pg from 'pg';
import type { AuditEvent, AuditInput } from '../../../audit/index.js';
import { appendOwnEvent } from './append-own-event.js';
import { EXACT_JSON } from './exact-json.js';
import { addressWith, AS_WRITER } from './ledger-address.js';
import { requireRole } from './own-session.js';

type Row = Readonly<Record<string, unknown>>;

/**
 * Adds an event of the ledger's own on a connection for it alone; resolves with it once it is stored. Rejects with the client's
 * error.
 *
 * @param connectionUrl of a role that may add events
 */
export async function storeOwnEvent(connectionUrl: string, name: string, input: AuditInput): Promise<AuditEvent> {
  const client = new pg.Client({ types: EXACT_JSON, connectionString: addressWith(connectionUrl, AS_WRITER) });
  client.on('error', ignore); // the statement under way rejects with it
  try {
    await client.connect();
    await requireRole(client, AS_WRITER.role);
    const rows = async (text: string, values: readonly unknown[] = []): Promise<readonly Row[]> =>
      (await client.query<Row>(text, [...values])).rows;
    return await appendOwnEvent({ rows }, name, input);
  } finally {
    await client.end().catch(ignore);
  }
}

function ignore(): void {
  // What is lost with the connection was never committed, or is stored.
}
