import { CallError } from './call.error.js';
import { flagOf, type ConnectionOptions } from './options.js';

const PARTS = ['host', 'port', 'user', 'database'] as const;
/** The options for TLS; each stands for libpq's variable of its name, such as `PGSSLMODE`. */
export const TLS = ['sslMode', 'sslRootCert', 'sslCert', 'sslKey'] as const;

/** Whether the options name a part of the address. */
export function hasParts(connection: ConnectionOptions): boolean {
  return PARTS.some((part) => connection[part] !== undefined);
}

/** Lists the contradictions among the options, as sentences without an end. */
export function partsProblems(connection: ConnectionOptions): readonly string[] {
  const { databaseUrl, dataSource } = connection;
  const given = (names: readonly (keyof ConnectionOptions)[]): readonly string[] =>
    names.filter((name) => connection[name] !== undefined).map(flagOf);
  const parts = given(PARTS);
  const besides = given([...PARTS, ...TLS, 'passwordFile']);
  if (databaseUrl !== undefined && dataSource !== undefined) {
    return ['--database-url and --data-source both say which server: give one of them'];
  }
  if (databaseUrl !== undefined && parts.length > 0) {
    return [`--database-url has host, port, user and database already: leave out ${parts.join(', ')}, or the URL`];
  }
  if (dataSource !== undefined && besides.length > 0) {
    return [`--data-source has settings of its own: leave out ${besides.join(', ')}, or the data source`];
  }
  return [];
}

/**
 * Builds the address of a server from its parts, each from its option or else from libpq's variable. The client reads `PGPASSWORD` itself.
 *
 * @throws CallError (`AUDIT_CALL_INVALID`)
 */
export function addressOfParts(connection: ConnectionOptions): string {
  const { PGHOST, PGPORT, PGUSER, PGDATABASE } = process.env;
  const host = connection.host ?? PGHOST ?? '';
  const port = connection.port ?? PGPORT ?? '';
  const user = connection.user ?? PGUSER ?? '';
  const database = connection.database ?? PGDATABASE ?? user;
  const isPort = port === '' || (/^\d{1,5}$/.test(port) && Number(port) > 0 && Number(port) < 65_536);
  const problems = [
    ...(host === '' ? ['the host is missing: give --host, or set PGHOST'] : []),
    ...(database === '' ? ['the database is missing: give --database, or set PGDATABASE'] : []),
    ...(isPort
      ? []
      : [`${connection.port === undefined ? 'PGPORT' : '--port'} is ${port}, not a number from 1 to 65535`]),
  ];
  if (problems.length > 0) throw CallError.connection(problems);
  const url = new URL('postgres://localhost');
  url.searchParams.set('host', host); // an address, or the folder of a socket
  url.username = encodeURIComponent(user);
  url.port = port;
  url.pathname = encodeURIComponent(database);
  return url.href;
}
