import { describe, expect, it } from '@jest/globals';
import { Turns } from './turns.js';

/** Work that ends when it is told to, and what began. */
function startWork(turns: Turns) {
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const take = (key: string, name: string): Promise<string> =>
    turns.take(key, async () => {
      begun.push(name);
      await new Promise<void>((resolve) => ends.push(resolve));
      return name;
    });
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const endOne = async (): Promise<void> => {
    ends.shift()?.();
    await settle();
  };
  return { begun, take, endOne, settle };
}

describe('turns', () => {
  it('let work of one key run one after the other, and other work beside it', async () => {
    const { begun, take, endOne, settle } = startWork(new Turns(2));
    const all = [take('ada', 'a1'), take('ada', 'a2'), take('ben', 'b1')];
    await settle();
    expect(begun).toEqual(['a1', 'b1']);
    await endOne();
    expect(begun).toEqual(['a1', 'b1', 'a2']);
    await endOne();
    await endOne();
    expect(await Promise.all(all)).toEqual(['a1', 'a2', 'b1']);
  });

  it('let only so much work run at once', async () => {
    const { begun, take, endOne, settle } = startWork(new Turns(2));
    const all = ['ada', 'ben', 'cy', 'dee'].map((key) => take(key, key));
    await settle();
    expect(begun).toEqual(['ada', 'ben']);
    await endOne();
    expect(begun).toEqual(['ada', 'ben', 'cy']);
    for (let ended = 1; ended < all.length; ended++) await endOne();
    expect(await Promise.all(all)).toEqual(['ada', 'ben', 'cy', 'dee']);
  });

  it('continue after work that failed', async () => {
    const turns = new Turns(1);
    const failed = turns.take('ada', () => Promise.reject(new Error('no')));
    const next = turns.take('ada', () => Promise.resolve('yes'));
    await expect(failed).rejects.toThrow('no');
    expect(await next).toBe('yes');
  });
});
