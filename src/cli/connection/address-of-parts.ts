import { flagOf, type ConnectionOptions } from '../options.js';
import { commandErrors } from '../cli.errors.js';

const PARTS = ['host', 'port', 'user', 'database'] as const;
/** The TLS options. The default of each option is libpq's variable, such as `PGSSLMODE` for `sslMode`. */
export const TLS = ['sslMode', 'sslRootCert', 'sslCert', 'sslKey'] as const;

/** Whether the options include host, port, user or database. */
export function hasParts(connection: ConnectionOptions): boolean {
  return PARTS.some((part) => connection[part] !== undefined);
}

/** Lists contradictions among the connection options, as clauses for an error message. */
export function partsProblems(connection: ConnectionOptions): readonly string[] {
  const { databaseUrl, dataSource } = connection;
  const given = (names: readonly (keyof ConnectionOptions)[]): readonly string[] =>
    names.filter((name) => connection[name] !== undefined).map(flagOf);
  const parts = given(PARTS);
  const besides = given([...PARTS, ...TLS, 'passwordFile']);
  if (databaseUrl !== undefined && dataSource !== undefined) {
    return ['--database-url and --data-source both name the server: remove one of them'];
  }
  if (databaseUrl !== undefined && parts.length > 0) {
    return [`--database-url contains host, port, user and database: remove ${parts.join(', ')}, or the URL`];
  }
  if (dataSource !== undefined && besides.length > 0) {
    return [`--data-source has its own settings: remove ${besides.join(', ')}, or the data source`];
  }
  return [];
}

/**
 * Builds the server's address from the options. Missing parts come from libpq's variables, except `PGPASSWORD`, which the client reads itself.
 *
 * @throws `AUDIT_CALL_INVALID`
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
  if (problems.length > 0) throw commandErrors.AUDIT_CALL_INVALID.connection(problems);
  const url = new URL('postgres://localhost');
  url.searchParams.set('host', host); // the host is a host name, or the folder of a Unix socket
  url.username = encodeURIComponent(user);
  url.port = port;
  url.pathname = encodeURIComponent(database);
  return url.href;
}
