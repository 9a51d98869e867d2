import type { EntityManager } from 'typeorm';
import type { JsonObject, PersonalNames } from '../../audit/index.js';

/** A table whose rows contain the details of events, one event per row. */
export interface DetailsTable {
  readonly name: string;
  /** The column with the event's type or action. */
  readonly eventName: string;
  /** The SQL condition that selects the rows. */
  readonly where: string;
}

/** Removes everything from the details of rows, except known facts. Resolves with the number of changed rows. */
export async function forgetDetails(
  { name, eventName, where }: DetailsTable,
  values: readonly unknown[],
  manager: EntityManager,
  personalNames: Pick<PersonalNames, 'factsOf'>,
): Promise<number> {
  const rows = await manager.query<readonly { id: string; event: string; details: JsonObject }[]>(
    `SELECT id, ${eventName} AS event, details FROM ${name} WHERE ${where}`,
    [...values],
  );
  let changed = 0;
  for (const { id, event, details } of rows) {
    const facts = personalNames.factsOf(event, details);
    if (JSON.stringify(facts) === JSON.stringify(details)) continue;
    await manager.query(`UPDATE ${name} SET details = $2 WHERE id = $1`, [id, facts]);
    changed++;
  }
  return changed;
}

/** Makes patterns for ILIKE that match texts in which one of the identifiers occurs. */
export function patternsOf(identifiers: readonly string[] = []): readonly string[] {
  return identifiers.map((identifier) => `%${identifier.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`);
}
