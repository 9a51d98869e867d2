import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { CheckpointListener } from '../../src/modules/monitoring/sequencer/sequencer.service.js';
import { SelfCheck } from '../../src/modules/monitoring/verify/self-check/self-check.service.js';
import type { CheckpointSigner } from '../../src/modules/monitoring/signing/checkpoint-signer.service.js';
import { eventually } from '../support/eventually.js';
import { addEvents, makeSequencer, makeSigner } from '../support/log-scene.js';
import { runSql, withClient } from '../support/sql.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const NO_SEQUENCER = { onCheckpoint: () => undefined };

let database: TestDatabase;
let signer: CheckpointSigner;
let selfCheck: SelfCheck;
let recorded: unknown[] = [];

beforeEach(async () => {
  Logger.overrideLogger(false);
  database = await createTestDatabase();
  signer = await makeSigner();
  recorded = [];
  const aggregator = {
    record: (name: string, input: unknown) => {
      recorded.push([name, input]);
      return Promise.resolve({ recorded: true, outcomes: {} } as never);
    },
  };
  selfCheck = new SelfCheck({ connectionUrl: database.url }, signer, aggregator, NO_SEQUENCER);
});

afterEach(async () => {
  await selfCheck.onApplicationShutdown();
  await database.drop();
});

async function seal(count: number): Promise<void> {
  const { sequencer } = makeSequencer(database.url, signer);
  await withClient(database.url, (client) => addEvents(client, count));
  await sequencer.step();
  await sequencer.close();
}

async function changeReason(index: number, reason: string): Promise<void> {
  await runSql(
    database.superuserUrl,
    `SET session_replication_role = 'replica';
     UPDATE audit_event SET reason = '${reason}' WHERE id = (SELECT event_id FROM audit_leaf WHERE index = ${index})`,
  );
}

describe('the self-check', () => {
  it('finds nothing in a ledger that is empty, or grows', async () => {
    await selfCheck.run();
    await seal(300);
    await selfCheck.run();
    await seal(200);
    await selfCheck.run();
    expect(selfCheck.status).toMatchObject({ runs: 3, failedRuns: 0, findings: [] });
    expect(selfCheck.violation).toBeUndefined();
    expect(recorded).toEqual([]);
  });

  it('computes what is new once, what is in no full tile each time, and goes round over what is old', async () => {
    await seal(600);
    await selfCheck.run();
    const { checkedEvents: first } = selfCheck.status;
    await selfCheck.run();
    const { checkedEvents: second } = selfCheck.status;
    expect([first, second]).toEqual([600 + 512, 600 + 512 + (600 % 256) + 512]);
  });

  it.each([
    ['an old event', 77],
    ['one of the newest', 599],
  ])('finds later tampering with %s, reports it once, and passes again when it is undone', async (_, index) => {
    await seal(600);
    await selfCheck.run();
    await changeReason(index, 'forged');
    await selfCheck.run();
    await selfCheck.run();
    expect(selfCheck.status.findings).toMatchObject([{ kind: 'event_altered', index }]);
    expect(selfCheck.violation).toMatchObject({ code: 'AUDIT_INTEGRITY_VIOLATION' });
    expect(recorded).toEqual([
      ['audit_integrity_violation', expect.objectContaining({ severity: 'critical', category: 'system' })],
    ]);
    await changeReason(index, 'because');
    await selfCheck.run();
    expect(selfCheck.violation).toBeUndefined();
  });

  it('finds a database that was set back behind what was signed', async () => {
    await seal(300);
    await runSql(
      database.superuserUrl,
      `SET session_replication_role = 'replica';
       DELETE FROM audit_event; DELETE FROM audit_leaf; DELETE FROM audit_tile; DELETE FROM audit_checkpoint`,
    );
    await selfCheck.run();
    expect(selfCheck.status.findings).toMatchObject([{ kind: 'tail_truncated', index: 0, lastIndex: 299 }]);
  });

  it('looks again with the next checkpoint, once, so that a ledger that was repaired or adopted is well soon', async () => {
    let listener: CheckpointListener = () => undefined;
    const sequencer = { onCheckpoint: (each: CheckpointListener) => void (listener = each) };
    const tell = () => listener({} as never); // it looks at nothing of the checkpoint
    const aggregator = { record: () => Promise.resolve({ recorded: true, outcomes: {} } as never) };
    selfCheck = new SelfCheck({ connectionUrl: database.url }, signer, aggregator, sequencer);
    await seal(300);
    await runSql(
      database.superuserUrl,
      `SET session_replication_role = 'replica'; CREATE TABLE kept AS SELECT * FROM audit_leaf WHERE index = 7;
       DELETE FROM audit_leaf WHERE index = 7`,
    );
    await selfCheck.run();
    expect(selfCheck.violation).toBeDefined();
    await runSql(
      database.superuserUrl,
      `SET session_replication_role = 'replica'; INSERT INTO audit_leaf SELECT * FROM kept`,
    );
    await tell();
    await eventually(() => selfCheck.violation === undefined);
    await tell();
    await tell();
    expect(selfCheck.status.runs).toBe(2);
  });

  it('counts a run that could not be done, and says nothing of the ledger', async () => {
    const aggregator = { record: () => Promise.reject(new Error('no event is due')) };
    const url = 'postgresql://nobody@127.0.0.1:1/none';
    const away = new SelfCheck({ connectionUrl: url }, signer, aggregator, NO_SEQUENCER);
    await away.run();
    expect(away.status).toEqual({ runs: 0, failedRuns: 1, checkedEvents: 0, findings: [] });
  });
});
