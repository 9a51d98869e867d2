import { describe, expect, it } from '@jest/globals';
import { uuidv7 } from 'uuidv7';
import { ACCEPTED, useSqlScene } from '../../support/sql-scene.js';

const { addEventsAt, cover, one, query, seal } = useSqlScene();

const STREAM = `
  INSERT INTO audit_stream (name, destination, access, acknowledgement, keeps_events, position, looked)
    VALUES ('siem', 'file', '{}', 'none', true, 0, $1)`;

describe('audit_has_table', () => {
  it("finds a table of the ledger's owner in the ledger's schema, and no other", async () => {
    const isThere = (name: string) => one('SELECT audit_has_table($1)', [name]);
    expect([await isThere('audit_watch'), await isThere('audit_unknown')]).toEqual([true, false]);
    await query('CREATE TABLE audit_planted (); CREATE TEMP TABLE audit_temporary ()'); // by the superuser
    expect([await isThere('audit_planted'), await isThere('audit_temporary')]).toEqual([false, false]);
    await query('ALTER TABLE audit_planted OWNER TO app');
    expect(await isThere('audit_planted')).toBe(true);
  });
});

describe('audit_images_of', () => {
  it('shows the images of an event, where row changes are captured', async () => {
    const id = uuidv7();
    await query(`INSERT INTO audit_row_image (event_id, before) VALUES ($1, '{"a": 1}')`, [id]);
    expect(await one('SELECT audit_images_of($1)', [id])).toEqual([{ a: 1 }, null]);
    await query('DROP TABLE audit_row_image');
    expect(await one('SELECT audit_images_of($1)', [id])).toBeNull();
  });
});

describe('audit_sealed_size', () => {
  it('ends at the last checkpoint, and before what a stream that keeps events has not passed', async () => {
    const size = async () => Number(await one('SELECT audit_sealed_size()'));
    expect(await size()).toBe(0);
    await addEventsAt(ACCEPTED, 3);
    await seal();
    expect(await size()).toBe(3);
    await query(STREAM, [1]);
    expect(await size()).toBe(1);
    await query('DROP TABLE audit_stream CASCADE');
    await cover(4);
    expect(await size()).toBe(4);
  });
});
