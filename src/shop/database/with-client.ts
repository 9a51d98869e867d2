import pg from 'pg';
import { parseJson } from '../../audit/nest-free.js';

/** PostgreSQL's numbers for the types json and jsonb. */
const JSON_TYPES: readonly number[] = [114, 3802];

/**
 * The value for the option `types` of a pg client. Parses JSON with {@link parseJson}, since `JSON.parse` misreads escaped keys in new
 * versions of Node.
 */
export const EXACT_JSON: pg.CustomTypesConfig = {
  getTypeParser: (id: number, format?: 'text' | 'binary'): unknown =>
    JSON_TYPES.includes(id) && format !== 'binary' ? parseJson : pg.types.getTypeParser(id, format), // eslint-disable-line @typescript-eslint/no-unsafe-enum-assignment -- there are more types than the enum has
};

/** Runs `work` with a new connection, and closes the connection afterwards. Rejects with the error of the connection or of `work`. */
export async function withClient<Result>(
  settings: pg.ClientConfig & { readonly connectionString: string },
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client({ types: EXACT_JSON, application_name: 'nestjs-audit-ledger migrate', ...settings });
  client.on('error', () => undefined); // ignored, because the running statement rejects with the same error
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
