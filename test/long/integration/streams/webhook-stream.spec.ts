import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../../../support/eventually.js';
import { expectUnbroken } from '../../../support/received-batches.js';
import { runSql } from '../../../support/sql.js';
import { StreamProcesses } from '../../../support/stream-processes.js';

let scene: StreamProcesses;

beforeAll(async () => {
  scene = await StreamProcesses.open();
});

afterAll(() => scene.close());

describe('a stream to a webhook', () => {
  it('brings each sealed event, in order, through kills of the application and failures of the receiver', async () => {
    const app = await scene.start();
    await scene.add(300);
    await scene.sealedAndSent();

    let requests = 0;
    scene.receiver.answerBy((_batch, response) => {
      requests += 1;
      if (requests % 3 === 1) return 503;
      if (requests % 3 === 2) {
        response.destroy(); // it has the batch, and the application does not know
        return 'own';
      }
      return 200;
    });
    await scene.add(200);
    await eventually(() => requests >= 2);
    await scene.kill(app);
    const other = await scene.start();
    await scene.add(200);
    const sealed = await scene.sealedAndSent();
    await scene.kill(other);

    expect(scene.receiver.unverified).toEqual([]);
    expect(expectUnbroken(scene.receiver.received)).toEqual(Array.from({ length: sealed }, (_, index) => index));
    const ids = scene.receiver.accepted().flatMap(({ events }) => events.map(({ id }) => id));
    const stored = await runSql(
      scene.database.superuserUrl,
      'SELECT event_id::text AS id FROM audit_leaf ORDER BY index',
    );
    expect(ids).toEqual(stored.map(({ id }) => id));
    expect(
      scene.receiver.accepted().some(({ checkpoint = '' }) => checkpoint.includes('nestjs-audit-ledger.local/ledger')),
    ).toBe(true);
  });
});
