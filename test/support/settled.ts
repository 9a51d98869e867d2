import { eventually } from './eventually.js';

const STATE = `
  SELECT size::int, size = signed AND NOT EXISTS (SELECT FROM audit_unsequenced) AND NOT EXISTS (SELECT position FROM audit_inbox) AS settled FROM audit_head`;

/** Waits until everything that is stored is sealed, and a checkpoint covers it. Resolves with the size of the log. */
export async function settled(database: {
  sql(text: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
}): Promise<number> {
  const { size } = await eventually(async () => {
    const [row] = await database.sql(STATE);
    return row?.settled === true && row;
  });
  return Number(size);
}
