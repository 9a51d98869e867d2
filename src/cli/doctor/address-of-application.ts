import type { ConnectionOptions } from '../shared-options.js';
import { isNamed, ledgerUrlIn } from '../ledger-url.js';
import type { LedgerOptions } from './subject.js';

/**
 * Returns the address of an application's ledger. A given address comes first; the data source comes last, since it may be for another
 * database.
 */
export async function addressOfApplication(
  { dataSource, ...connection }: ConnectionOptions,
  options: LedgerOptions | undefined,
): Promise<string | undefined> {
  if (!isNamed(connection) && options?.connectionUrl !== undefined) return options.connectionUrl;
  const { schema } = connection;
  return (
    (await ledgerUrlIn(connection)) ?? (dataSource === undefined ? undefined : ledgerUrlIn({ dataSource, schema }))
  );
}
