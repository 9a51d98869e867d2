export interface TableName {
  readonly schema: string;
  readonly name: string;
}

/** Writes the name of a table: `public.orders`. A schema's name with a dot or a leading quote is quoted, as in SQL. */
export function formatTableName({ schema, name }: TableName): string {
  return `${/^"|\./.test(schema) ? `"${schema.replaceAll('"', '""')}"` : schema}.${name}`;
}

/** Reads a name that {@link formatTableName} wrote. The table's own name may have dots. Returns `undefined` for a name without a schema. */
export function parseTableName(text: string): TableName | undefined {
  const [, quoted, plain, name] = /^(?:"((?:[^"]|"")+)"|([^".][^.]*))\.(.+)$/s.exec(text) ?? [];
  const schema = quoted?.replaceAll('""', '"') ?? plain;
  return schema === undefined || name === undefined ? undefined : { schema, name };
}
