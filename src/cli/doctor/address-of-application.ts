import type { ConnectionOptions } from '../connection-options.js';
import { isNamed, ledgerUrlIn } from '../ledger-url.js';
import type { LedgerOptions } from './subject.js';

/** Where the ledger of an application is: what is given comes first. The data source says where the ledger is when nothing else does: it may be of another database. */
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
