import { describe, expect, it } from '@jest/globals';
import type { AuditEvent } from '../event/audit-event.js';
import type { AuditProvider, ProviderScope } from '../provider/audit-provider.js';
import { registerProvider } from '../provider/registered-provider.js';
import { offerBatch } from './offer-batch.js';

const events = [{ id: 'e-1' }] as unknown as AuditEvent[]; // a provider that looks no closer

function offer(record: AuditProvider['record'], timeoutMs = 5_000, attempt = 0) {
  return offerBatch(registerProvider({ record }, 'memory', 'TestModule', {}), events, timeoutMs, attempt);
}

describe('a batch that is offered', () => {
  it('is stored when the provider resolves, and reaches it with its name and the attempt', async () => {
    const seen: unknown[] = [];
    const answer = await offer((batch, { backend, attempt, signal }) => {
      seen.push(batch, backend, attempt, signal.aborted);
      return Promise.resolve();
    }, 5_000, 3); // prettier-ignore

    expect(answer).toEqual({ status: 'stored' });
    expect(seen).toEqual([events, 'memory', 3, false]);
  });

  it('calls record() as a method of its provider', async () => {
    class Store implements AuditProvider {
      readonly kept: AuditEvent[] = [];
      record(batch: readonly AuditEvent[]): Promise<void> {
        this.kept.push(...batch);
        return Promise.resolve();
      }
    }
    const store = new Store();
    await offerBatch(registerProvider(store, 'memory', 'TestModule', {}), events, 5_000, 0);

    expect(store.kept).toEqual(events);
  });

  it('is stored when the provider returns nothing, as one without promises does', async () => {
    expect(await offer((() => undefined) as unknown as AuditProvider['record'])).toEqual({ status: 'stored' }); // as JavaScript providers do
  });

  it.each<[string, () => Promise<void>, string]>([
    ['rejects', () => Promise.reject(new Error('the disk is full')), 'the disk is full'],
    ['throws at once', () => { throw new Error('the disk is full'); }, 'the disk is full'], // prettier-ignore
    ['rejects with an error without a message', () => Promise.reject(new TypeError()), 'TypeError'],
    ['rejects with a text', () => Promise.reject('full'), 'full'], // eslint-disable-line @typescript-eslint/prefer-promise-reject-errors -- anything can be thrown
    ['rejects with nothing', () => Promise.reject(undefined), 'undefined'], // eslint-disable-line @typescript-eslint/prefer-promise-reject-errors -- anything can be thrown
  ])('is rejected when the provider %s', async (_how, record, error) => {
    expect(await offer(record)).toEqual({ status: 'rejected', error, fault: 'unknown' });
  });

  it.each<[string, unknown]>([
    ['an object without a text', Object.create(null)],
    ['a symbol', Symbol('s')],
    ['an error whose message throws', Object.defineProperty(new Error(), 'message', { get: () => { throw new Error('no'); } })], // prettier-ignore
    ['a proxy that was revoked', revoked()],
  ])('is rejected, and nothing is left unhandled, when the provider throws %s', async (_what, thrown) => {
    const record = () => Promise.reject(thrown); // eslint-disable-line @typescript-eslint/prefer-promise-reject-errors -- anything can be thrown

    expect(await offer(record, 500)).toMatchObject({ status: 'rejected' });
  });

  it('is rejected when the provider resolves with false, which says that it did not log it', async () => {
    const error = 'the provider resolved with false: not logged';
    expect(await offer(() => Promise.resolve(false))).toEqual({ status: 'rejected', error, fault: 'unknown' });
    expect(await offer(() => Promise.resolve(true))).toEqual({ status: 'stored' });
  });

  it('times out, and tells the provider so, when it does not answer', async () => {
    let scope: ProviderScope | undefined;
    const answer = await offer((_batch, given) => {
      scope = given;
      return new Promise(() => undefined);
    }, 30);

    expect(answer).toEqual({ status: 'timed out', error: 'no answer within 30 ms' });
    expect(scope?.signal.aborted).toBe(true);
  });

  it('stays timed out when the answer comes late', async () => {
    const { promise, fail } = gate();
    const answer = await offer(() => promise, 30);
    fail(new Error('too late'));
    await new Promise(setImmediate);

    expect(answer.status).toBe('timed out');
  });

  it('is not aborted when the provider answers in time', async () => {
    let scope: ProviderScope | undefined;
    await offer((_batch, given) => {
      scope = given;
      return Promise.resolve();
    }, 20);
    await new Promise((resolve) => setTimeout(resolve, 40));

    expect(scope?.signal.aborted).toBe(false);
  });
});

function gate(): { readonly promise: Promise<void>; readonly fail: (error: Error) => void } {
  let fail: (error: Error) => void = () => undefined;
  const promise = new Promise<void>((_resolve, reject) => (fail = reject));
  return { promise, fail: (error) => fail(error) };
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}
