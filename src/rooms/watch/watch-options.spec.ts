import { describe, expect, it } from '@jest/globals';
import { resolveWatch, type WatchOptions } from './watch-options.js';

async function problemsOf(options: unknown): Promise<readonly string[]> {
  const problems: string[] = [];
  await resolveWatch(options as WatchOptions, problems); // JavaScript callers may pass any value
  return problems;
}

describe('the options of WatchModule', () => {
  it('tune rules by their names', async () => {
    const problems: string[] = [];
    const tune = {
      brute_force: { threshold: 20, timespan: '15m', level: 'medium', repeatAfter: '1h' },
      off_hours: { hours: { from: '08:00', to: '18:00', days: ['mon'], 'time-zone': 'Europe/Berlin' } },
    } as const;
    const watch = await resolveWatch({ tune, enable: ['off_hours'] }, problems);
    const rules = watch.rules.map(({ rule }) => rule);
    expect(problems).toEqual([]);
    expect(rules.find(({ name }) => name === 'brute_force')).toMatchObject({
      ...{ least: 20, timespanMs: 900_000, level: 'medium', repeatAfterMs: 3_600_000 },
    });
    expect(rules.find(({ name }) => name === 'off_hours')).toMatchObject({
      outsideHours: { from: '08:00', days: [1], timeZone: 'Europe/Berlin' },
    });
  });

  it.each([
    ['brute_forse', {}, 'tune names the unknown rule brute_forse (did you mean brute_force?)'],
    ['brute_force', { treshold: 3 }, 'treshold: is not supported (did you mean threshold?)'],
    ['brute_force', { threshold: 1 }, 'threshold: must be a whole number from 2 to 10000'],
    ['hold_released', { threshold: 3 }, 'threshold: the rule counts nothing'],
    ['brute_force', { timespan: '15 min' }, 'timespan: must be a duration'],
    ['hold_released', { timespan: '5m' }, 'timespan: the rule is about single events'],
    ['brute_force', { level: 'severe' }, 'level: must be one of informational'],
    ['off_hours', { hours: { from: '25:00', to: '18:00' } }, 'hours: must have the form'],
    ['off_hours', { hours: { from: '08:00', to: '18:00', 'time-zone': 'Berlin' } }, 'hours: must have the form'],
  ])('refuses to tune %s by %j', async (rule, tuned, says) => {
    expect(await problemsOf({ tune: { [rule]: tuned } })).toEqual([expect.stringContaining(says)]);
  });
});
