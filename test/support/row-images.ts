import { runSql } from './sql.js';

type Image = Readonly<Record<string, unknown>>;

const READ = `
  SELECT details->'key' AS key, details->'rekeyedFrom' AS former, changes->'before' AS before, changes->'after' AS after
    FROM audit_event WHERE resource_type = $1 AND category = 'data_change' AND type LIKE 'row\\_%' ORDER BY audit_event.id`;

/**
 * What is wrong in the events of a table whose columns are facts: each change of a row must begin with what the one before left. So one that is
 * lost, doubled, made up or out of its order is named.
 *
 * @param url of a login that reads every event
 * @param images the rows as they were when their capture began, by the JSON of their keys
 */
export async function findBrokenChanges(
  url: string,
  resourceType: string,
  images: ReadonlyMap<string, Image>,
): Promise<readonly string[]> {
  const left = new Map(images);
  const broken: string[] = [];
  for (const { key, former, before, after } of await runSql(url, READ, [resourceType])) {
    const [name, old] = [JSON.stringify(key), JSON.stringify(former ?? key)];
    const [seen, expected] = [JSON.stringify(before ?? null), JSON.stringify(left.get(old) ?? null)];
    if (seen !== expected) broken.push(`${old}: began with ${seen}, and ${expected} was left`);
    left.delete(old);
    if (after) left.set(name, after as Image); // as a trigger writes it
  }
  return broken;
}
