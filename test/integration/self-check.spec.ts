import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { SelfCheck } from '../../src/monitoring/operate/self-check/self-check.service.js';
import type { CheckpointSigner } from '../../src/monitoring/proof/signing/checkpoint-signer.service.js';
import { addEvents, makeSequencer, makeSigner, withClient } from '../support/index.js';
import { FITTING_HEAD } from '../support/forge-log.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

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
  selfCheck = new SelfCheck({ connectionUrl: database.url }, signer, aggregator);
});

afterEach(async () => {
  await selfCheck.onApplicationShutdown();
  await database.drop();
});

async function seal(count: number): Promise<void> {
  const { sequencer } = makeSequencer(database.url, signer);
  await withClient(database.url, (client) => addEvents(client, count));
  await sequencer.run();
  await sequencer.close();
}

async function changeReason(index: number, reason: string): Promise<void> {
  await database.superuserSql(`SET session_replication_role = 'replica';
     UPDATE audit_event SET reason = '${reason}' WHERE id = (SELECT event_id FROM audit_leaf WHERE index = ${index})`);
}

describe('the self-check', () => {
  it('finds nothing in a ledger that is empty, or grows, and has health name a function that can take the place of one of the ledger', async () => {
    await selfCheck.run();
    await seal(2);
    await selfCheck.run();
    expect(selfCheck.status).toMatchObject({ runs: 2, failedRuns: 0, findings: [] });
    expect(selfCheck.violation).toBeUndefined();
    expect(recorded).toEqual([]);
    const overload = 'audit_accept(text, integer)';
    await database.sql(`CREATE FUNCTION ${overload} RETURNS void LANGUAGE sql AS ''`);
    await selfCheck.run();
    expect(selfCheck.health()).toMatchObject({ status: 'warning', message: expect.stringContaining(overload) });
    await database.sql(`DROP FUNCTION ${overload}`);
    await selfCheck.run();
    expect(selfCheck.health()).toMatchObject({ status: 'ok' });
  });

  it('computes what is new once, what is in no full tile each time, and finds later tampering with old and new events', async () => {
    await seal(300);
    await selfCheck.run();
    const { checkedEvents: first } = selfCheck.status;
    await selfCheck.run();
    const { checkedEvents: second } = selfCheck.status;
    expect([first, second]).toEqual([300 + 256, 300 + 256 + (300 % 256) + 256]);
    for (const [nth, index] of [77, 299].entries()) {
      await changeReason(index, 'forged');
      await selfCheck.run();
      await selfCheck.run();
      expect(selfCheck.status.findings).toMatchObject([{ kind: 'event_altered', index }]);
      expect(selfCheck.violation).toMatchObject({ code: 'AUDIT_INTEGRITY_VIOLATION' });
      expect(recorded).toHaveLength(nth + 1);
      await changeReason(index, 'because');
      await selfCheck.run();
      expect(selfCheck.violation).toBeUndefined();
    }
    expect(recorded[0]).toEqual([
      'audit_integrity_violation',
      expect.objectContaining({ severity: 'critical', category: 'system' }),
    ]);
    await database.superuserSql(`SET session_replication_role = 'replica';
       DELETE FROM audit_event; DELETE FROM audit_leaf; DELETE FROM audit_tile; DELETE FROM audit_checkpoint; ${FITTING_HEAD}`);
    await selfCheck.run();
    expect(selfCheck.status.findings).toMatchObject([
      { kind: 'tail_truncated', index: 0, lastIndex: 299 },
      { kind: 'tail_truncated', index: 0, lastIndex: 255 },
    ]);
  });

  it('reports what is new once, wherever it was found, and looks again after the interval alone', async () => {
    await seal(300);
    await changeReason(10, 'forged');
    await changeReason(290, 'forged');
    for (let nth = 0; nth < 4; nth++) await selfCheck.run();
    expect(recorded).toHaveLength(1);
    await seal(20);
    await selfCheck.run();
    await selfCheck.run();
    expect(recorded).toHaveLength(1);
  });

  it('counts runs that could not be done, says nothing of the ledger, and is a problem from the second in a row on', async () => {
    const aggregator = { record: () => Promise.reject(new Error('no event is due')) };
    const url = 'postgresql://nobody@127.0.0.1:1/none';
    const away = new SelfCheck({ connectionUrl: url }, signer, aggregator);
    await away.run();
    expect(away.problem).toBeUndefined();
    await away.run();
    expect(away.status).toEqual({ runs: 0, failedRuns: 2, checkedEvents: 0, findings: [] });
    expect(away.problem).toMatchObject({
      code: 'AUDIT_SELF_CHECK_FAILING',
      message: expect.stringContaining('2 times'),
    });
  });
});
