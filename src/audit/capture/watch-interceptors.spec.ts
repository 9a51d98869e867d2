import { describe, expect, it } from '@jest/globals';
import { watchInterceptors } from './watch-interceptors.js';

describe('watching interceptors', () => {
  it('leaves a Nest alone that runs them in an unknown way', () => {
    expect(watchInterceptors({})).toBe(false);
    expect(watchInterceptors({ interceptorsConsumer: {} })).toBe(false);
  });

  it('extends the class once, and passes on what is not ours', async () => {
    class Consumer {
      intercept(...given: unknown[]): Promise<unknown> {
        return Promise.resolve(given);
      }
    }
    const creator = { interceptorsConsumer: new Consumer() };
    expect(watchInterceptors(creator)).toBe(true);
    const extended: unknown = Reflect.get(Consumer.prototype, 'intercept');
    expect(watchInterceptors(creator)).toBe(true);
    expect(Reflect.get(Consumer.prototype, 'intercept')).toBe(extended);
    const given = [[{ intercept: () => undefined }], [1, 2], {}, () => undefined, () => undefined, 'http'];
    expect(await creator.interceptorsConsumer.intercept(...given)).toEqual(given);
  });
});
