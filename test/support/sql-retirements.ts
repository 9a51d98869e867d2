import { expect } from '@jest/globals';
import { uuidv7 } from 'uuidv7';
import { dueAt, RULES, type SqlScene } from './sql-scene.js';

export interface PlanOptions {
  readonly rules?: object;
  readonly asOf?: string;
  readonly month?: string;
  readonly most?: number;
}

export function createRetirementScene({ rows, one, cover }: SqlScene) {
  async function plan({
    rules = RULES,
    asOf = dueAt(60),
    month = 'audit_event_2026_01',
    most: max = 1_000,
  }: PlanOptions = {}) {
    const id = uuidv7();
    const args = [id, month, JSON.stringify(rules), asOf, max];
    return { id, isPlanned: await one('SELECT audit_retirement_plan($1, $2, $3, $4, $5)', args) };
  }

  async function readAnnouncement(retirement: string, eventId: string): Promise<Buffer> {
    const [row = {}] = await rows(
      `SELECT events::int, indexes_digest AS digest, policy,
              to_char(cutoff AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS cutoff
         FROM audit_retirement WHERE id = $1`,
      [retirement],
    );
    const { events, digest, policy, cutoff } = row;
    const details = { retirementId: retirement, events, indexesDigest: digest, policy, cutoff };
    return Buffer.from(JSON.stringify({ id: eventId, type: 'audit_events_retired', details }));
  }

  async function placeAnnouncement(eventId: string, entry: Buffer, isCovered: boolean): Promise<void> {
    const [leaf = {}] = await rows(
      `INSERT INTO audit_leaf (index, event_id, leaf_hash)
       SELECT count(*), $1, sha256('\\x00'::bytea || $2::bytea) FROM audit_leaf RETURNING index::int`,
      [eventId, entry],
    );
    if (isCovered) await cover(Number(leaf.index) + 1);
  }

  async function announce(options: PlanOptions = {}): Promise<string> {
    const { id } = await plan(options);
    const eventId = uuidv7();
    const entry = await readAnnouncement(id, eventId);
    expect(await one('SELECT audit_retirement_archived($1, $2, $3)', [id, eventId, entry])).toBe(true);
    await placeAnnouncement(eventId, entry, true);
    expect(await one('SELECT audit_retirement_announced($1)', [id])).toBe(true);
    return id;
  }

  return {
    plan,
    readAnnouncement,
    placeAnnouncement,
    announce,
    readState: (retirement: string) => one('SELECT state FROM audit_retirement WHERE id = $1', [retirement]),
  };
}
