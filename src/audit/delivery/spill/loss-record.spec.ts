import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SPILL_LINES } from '../../../../test/support/spilled.js';
import { LossRecord } from './loss-record.js';

const [FIRST, LAST] = ['2026-01-01T00:00:00.000Z', '2026-01-02T00:00:00.000Z'];

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spill-'));
  path = join(folder, 'losses');
});
afterEach(() => rm(folder, { recursive: true }));

/** A record of 3 events of one provider, and 1 of another. */
async function record(): Promise<LossRecord> {
  const losses = LossRecord.at(path, SPILL_LINES);
  losses.add('ledger', 2, FIRST);
  await losses.save();
  losses.add('ledger', 1, LAST);
  losses.add('timeline', 1, LAST);
  await losses.save();
  return losses;
}

describe('a record of lost events', () => {
  it('tells each loss in one event, whose id is the same in every attempt and process', async () => {
    const losses = await record();
    const report = await losses.report();
    losses.add('ledger', 5, LAST); // of the next event
    await losses.save();
    const later = await LossRecord.read(path, SPILL_LINES);

    expect(await losses.report()).toEqual(report);
    expect(await later.report()).toEqual(report);
    expect(report.losses).toMatchObject([
      { backend: 'ledger', events: 3 },
      { backend: 'timeline', events: 1 },
    ]);
    await losses.reported(report);
    const next = await losses.report();
    expect(next.id).not.toBe(report.id);
    expect(next.losses).toMatchObject([{ backend: 'ledger', events: 5 }]);
  });

  it('is kept at once at the end of the process', async () => {
    const losses = LossRecord.at(path, SPILL_LINES);
    losses.add('ledger', 2, FIRST);
    losses.saveAtOnce();
    losses.add('ledger', 2, LAST);
    losses.saveAtOnce();

    expect((await LossRecord.read(path, SPILL_LINES)).losses).toMatchObject([{ backend: 'ledger', events: 4 }]);
  });
});
