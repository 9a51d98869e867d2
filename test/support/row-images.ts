import { runSql } from './sql.js';

type Image = Readonly<Record<string, unknown>>;

const READ = `
  SELECT details->'key' AS key, details->'rekeyedFrom' AS former, changes->'before' AS before, changes->'after' AS after
    FROM audit_event WHERE resource_type = $1 AND category = 'data_change' AND type LIKE 'row\\_%' ORDER BY audit_event.id`;

/**
 * Each change must begin with the state that the previous change left, so lost, repeated, invented and misplaced changes are found. `url`
 * needs a login that reads every event. `images` holds the rows at the capture's start, by the JSON of their keys.
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
