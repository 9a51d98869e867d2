import { Socket } from 'node:net';
import pg from 'pg';
import { EXACT_JSON } from '../exact-json.js';
import { checkUrl } from './check-url.js';
import { DatabaseError } from './database.error.js';
import { explainConnectionError } from './explain-connection-error.js';
import { showUrl } from './show-url.js';

/** The oldest PostgreSQL that the application runs on. */
const OLDEST_MAJOR_VERSION = 15;

const CONNECT_TIMEOUT_MS = 5_000;

// A PostgreSQL answers first with R (log in), E (error), v (other protocol version), or S or N (TLS or not); an empty
// text is not an answer. The driver would wait for the rest of what it takes for a long message.
const FIRST_BYTES = ['', 'R', 'E', 'v', 'S', 'N'];

/** What a server says of itself: `18.4` and `180004`. */
export interface ServerVersion {
  version: string;
  versionNumber: number;
}

/**
 * Proves that the database can be used: the address parses, somebody answers within 5 s, the login is accepted, the
 * database exists and the server is not too old. Leaves no connection behind and changes nothing.
 *
 * @throws DatabaseError (`DATABASE_…`)
 */
export async function checkServer(url: string): Promise<ServerVersion> {
  checkUrl(url);
  const server = await askVersion(url);
  if (server.versionNumber < OLDEST_MAJOR_VERSION * 10_000) {
    const seen = `it is PostgreSQL ${server.version}, older than ${OLDEST_MAJOR_VERSION}`;
    throw new DatabaseError('DATABASE_TOO_OLD', seen, { shownUrl: showUrl(url) });
  }
  return server;
}

async function askVersion(url: string): Promise<ServerVersion> {
  let client: pg.Client | undefined;
  let firstByte = '';
  const socket = new Socket();
  socket.once('data', (chunk) => (firstByte = chunk.toString('latin1', 0, 1)));
  try {
    // Inside the try: the constructor reads the certificate files that the address names.
    client = new pg.Client({
      types: EXACT_JSON,
      connectionString: url,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: CONNECT_TIMEOUT_MS,
      application_name: 'check-server',
      stream: () => socket,
    });
    // A connection may break after the answer without harm; before it, the query itself rejects.
    client.on('error', () => undefined);
    await client.connect();
    const { rows } = await client.query<{ version: string; number: string }>(
      `SELECT current_setting('server_version') AS version, current_setting('server_version_num') AS number`,
    );
    const [row] = rows;
    if (row === undefined) throw new Error('the server answered the question for its version with nothing');
    return { version: row.version, versionNumber: Number(row.number) };
  } catch (thrown) {
    if (!FIRST_BYTES.includes(firstByte)) {
      const seen = `the answer began with ${JSON.stringify(firstByte)}`;
      throw new DatabaseError('DATABASE_NOT_POSTGRES', seen, { shownUrl: showUrl(url), cause: thrown });
    }
    throw explainConnectionError(showUrl(url), thrown);
  } finally {
    await client?.end().catch(() => undefined);
    socket.destroy();
  }
}
