import { Catalogue, type AuditEventDefinition } from '../../audit/nest-free.js';
import type { LedgerQueries } from './sessions/ledger-session.js';

const NOTE = 'UPDATE audit_head SET own_types = $1::jsonb WHERE own_types IS DISTINCT FROM $1::jsonb';
const READ = 'SELECT own_types FROM audit_head';

/** Stores the application's own event types, without the schemas of details. Rejects with the error of the PostgreSQL client. */
export async function noteOwnTypes(session: LedgerQueries, { definitions }: Catalogue): Promise<void> {
  await session.rows(NOTE, [JSON.stringify(definitions.map((definition) => ({ ...definition, details: undefined })))]);
}

/** Returns the catalogue of the application that seals, or sealed last. Commands use it, because they do not load the application. */
export async function storedCatalogue(session: {
  readonly rows: (text: string, values: readonly unknown[]) => Promise<readonly Readonly<Record<string, unknown>>[]>;
}): Promise<Catalogue> {
  const [head] = await session.rows(READ, []);
  return new Catalogue((head?.own_types ?? []) as readonly AuditEventDefinition[]); // the catalogue checks them
}
