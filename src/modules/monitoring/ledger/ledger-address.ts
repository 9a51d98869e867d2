/** The longest name that PostgreSQL keeps in full. */
const LONGEST_NAME_BYTES = 63;

/** Whether PostgreSQL takes a name as that of a schema, and the search path takes it for no other. */
export function isSchemaName(name: string): boolean {
  const isLong = Buffer.byteLength(name) > LONGEST_NAME_BYTES;
  return name !== '' && !isLong && !name.includes('\0') && name !== '$user' && !name.startsWith('pg_');
}

/** The address with which a connection finds the ledger in `schema`, whatever its own search path says. */
export function addressInSchema(connectionUrl: string, schema: string): string {
  return withServerSetting(connectionUrl, 'search_path', `"${schema.replaceAll('"', '""')}"`);
}

/** The address with a setting of the server for each connection; it outweighs those that the address has already. */
export function withServerSetting(connectionUrl: string, name: string, value: string): string {
  const address = new URL(connectionUrl);
  const given = address.searchParams.get('options');
  const setting = `-c ${name}=${value.replaceAll(/[\\\s]/g, '\\$&')}`;
  address.searchParams.set('options', given === null ? setting : `${given} ${setting}`);
  return address.href;
}
