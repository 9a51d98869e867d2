import { describe, expect, it } from '@jest/globals';
import { StreamPace } from './stream-pace.js';

const never = new AbortController().signal;

/** A pace on a clock that the test moves, beside an application that uses a share of the event loop. */
function paceBeside(
  busy: number,
  lateMs = 0,
): { pace: StreamPace; work: (ms: number) => void; pass: (ms: number) => void } {
  let now = 0;
  const pace = new StreamPace(
    never,
    () => lateMs,
    () => now,
    () => ({ active: busy, idle: 1 - busy }),
  );
  const pass = (ms: number): void => void (now += ms);
  const work = (ms: number): void => {
    pace.begin();
    now += ms;
    pace.end();
  };
  return { pace, work, pass };
}

describe('the pace of streams', () => {
  it('leaves an application that is busy all but a twentieth of the event loop', async () => {
    const { pace, work, pass } = paceBeside(1);
    pass(100);
    await pace.turn();
    work(1);
    expect(pace.restMs).toBeCloseTo(19);
    work(1); // another stream: both share the twentieth
    expect(pace.restMs).toBeCloseTo(37);
  });

  it('takes more for streams that are late, and at most three tenths', async () => {
    const { pace, work, pass } = paceBeside(1, 3_600_000);
    pass(100);
    await pace.turn();
    work(3);
    expect(pace.restMs).toBeCloseTo(7);
  });

  it('takes what an idle application leaves', async () => {
    const { pace, work, pass } = paceBeside(0.2);
    pass(100);
    await pace.turn();
    work(4);
    expect(pace.restMs).toBe(0);
  });
});
