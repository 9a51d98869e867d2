import { describe, expect, it } from '@jest/globals';
import { resolveWatch, type WatchOptions } from './watch-options.js';

function problemsOf(options: unknown): readonly string[] {
  const problems: string[] = [];
  resolveWatch(options as WatchOptions, problems); // plain JavaScript may give anything
  return problems;
}

describe('the options of WatchModule', () => {
  it('run the shipped rules, and none where that is false', () => {
    const problems: string[] = [];
    const names = resolveWatch({}, problems).rules.map(({ rule }) => rule.name);
    expect(names).toContain('brute_force');
    expect(names).not.toContain('off_hours');
    expect(resolveWatch({ shipped: false }, problems).rules).toEqual([]);
    expect(problems).toEqual([]);
  });

  it('takes the alerts of a disabled rule away, and adds none of its parts', () => {
    const alerting = (watch: WatchOptions): readonly string[] =>
      resolveWatch(watch, [])
        .rules.filter(({ alerts }) => alerts)
        .map(({ rule }) => rule.name);
    const all = alerting({});
    expect(all).toHaveLength(25);
    for (const name of all) {
      expect(alerting({ disable: [name] })).toEqual(all.filter((other) => other !== name));
    }
    expect(alerting({ disable: ['mass_reading'], enable: ['data_read'] })).toContain('data_read');
  });

  it('tunes rules by their names', () => {
    const problems: string[] = [];
    const tune = {
      brute_force: { threshold: 20, timespan: '15m', level: 'medium', repeatAfter: '1h' },
      mfa_disabled: { timespan: '1d' },
      dormant_account: { timespan: '30d' },
      off_hours: { hours: { from: '08:00', to: '18:00', days: ['mon'], 'time-zone': 'Europe/Berlin' } },
    } as const;
    const rules = resolveWatch({ tune, enable: ['off_hours'] }, problems).rules.map(({ rule }) => rule);
    expect(problems).toEqual([]);
    expect(rules.find(({ name }) => name === 'brute_force')).toMatchObject({
      ...{ least: 20, timespanMs: 900_000, level: 'medium', repeatAfterMs: 3_600_000 },
    });
    expect(rules.find(({ name }) => name === 'mfa_disabled')).toMatchObject({ unless: { withinMs: 86_400_000 } });
    expect(rules.find(({ name }) => name === 'dormant_account')).toMatchObject({ afterSilenceMs: 2_592_000_000 });
    expect(rules.find(({ name }) => name === 'off_hours')).toMatchObject({
      outsideHours: { from: '08:00', days: [1], timeZone: 'Europe/Berlin' },
    });
  });

  it.each([
    [
      'a rule that there is not',
      { tune: { brute_forse: {} } },
      'tune names the unknown rule brute_forse (did you mean brute_force?)',
    ],
    [
      'an unknown key',
      { tune: { brute_force: { treshold: 3 } } },
      'tune.brute_force.treshold: is not known (did you mean threshold?)',
    ],
    [
      'a threshold of one',
      { tune: { brute_force: { threshold: 1 } } },
      'tune.brute_force.threshold: must be a whole number from 2 to 10000',
    ],
    [
      'a threshold of a rule that counts nothing',
      { tune: { hold_released: { threshold: 3 } } },
      'tune.hold_released.threshold: the rule counts nothing',
    ],
    [
      'a length of time that is none',
      { tune: { brute_force: { timespan: '15 min' } } },
      /^tune\.brute_force\.timespan: must be a length of time/,
    ],
    [
      'a time of a rule about single events',
      { tune: { hold_released: { timespan: '5m' } } },
      'tune.hold_released.timespan: the rule is about single events',
    ],
    [
      'an unknown level',
      { tune: { brute_force: { level: 'severe' } } },
      /^tune\.brute_force\.level: must be one of informational/,
    ],
    [
      'hours that are none',
      { tune: { off_hours: { hours: { from: '25:00', to: '18:00' } } } },
      /^tune\.off_hours\.hours: must be such as/,
    ],
    [
      'an unknown time zone',
      { tune: { off_hours: { hours: { from: '08:00', to: '18:00', 'time-zone': 'Berlin' } } } },
      /^tune\.off_hours\.hours: must be such as/,
    ],
    ['a country that is not a function', { country: 'DE' }, 'country is not a function'],
  ])('refuses %s', (_, options, says) => {
    expect(problemsOf(options)).toEqual([typeof says === 'string' ? says : expect.stringMatching(says)]);
  });
});
