const DEFAULT_PORT = '5432';

/** Whether two PostgreSQL addresses name the same database, by host, port and name; the user and the settings do not matter. */
export function isSameDatabase(one: string, other: string): boolean {
  return placeOf(one) === placeOf(other);
}

function placeOf(url: string): string {
  const { hostname, port, pathname } = new URL(url);
  return `${hostname}:${port === '' ? DEFAULT_PORT : port}${pathname}`;
}
