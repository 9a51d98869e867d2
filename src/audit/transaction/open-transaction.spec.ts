import { expect, it } from '@jest/globals';
import { OpenTransaction } from './open-transaction.js';
import { httpErrors } from '../errors/http.errors.js';

it('fails the commit with what failed before a nested transaction that is released, and the release with nothing', async () => {
  const transaction = new OpenTransaction();
  const failure = httpErrors.AUDIT_UNAVAILABLE('payment_received');
  transaction.note({ at: transaction.tick(), failure });
  transaction.beginSavepoint('typeorm_1');
  await expect(transaction.closeToCommit()).resolves.toBeUndefined();
  transaction.releaseSavepoint('typeorm_1');

  await expect(transaction.closeToCommit()).rejects.toBe(failure);
});

it('ends when everything is done that was asked for before, also what nobody awaits', async () => {
  const transaction = new OpenTransaction();
  const order: string[] = [];
  let finish = (): void => undefined;
  void transaction.work.run(async () => {
    await new Promise<void>((resolve) => (finish = resolve));
    order.push('written');
  });
  const closed = transaction.close().then(() => order.push('closed'));
  await Promise.resolve();
  expect(transaction.isClosing).toBe(true);
  await new Promise((resolve) => setImmediate(resolve));
  finish();
  await closed;

  expect(order).toEqual(['written', 'closed']);
});
