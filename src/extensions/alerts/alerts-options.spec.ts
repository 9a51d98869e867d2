import { describe, expect, it } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tempFolder } from '../../../test/support/temp-folder.js';
import { resolveAlerts, type AlertsOptions } from './alerts-options.js';

const OWN = `title: Many logins failed for one account
name: brute_force
correlation:
  type: event_count
  rules: [login_failed]
  group-by: [account]
  timespan: 15m
  condition: { gte: 20 }
  aliases: { account: { login_failed: details.username } }
x-ledger: { alert: true } # success_after_brute_force counts it, too
`;

describe('the options of AlertsModule', () => {
  it('replace a shipped rule by a rule of the same name', async () => {
    const file = join(await tempFolder('audit-rules-'), 'audit-rules.yml');
    await writeFile(file, OWN);
    const problems: string[] = [];
    const { rules } = await resolveAlerts({ rules: [file] }, problems);
    expect(problems).toEqual([]);
    const found = rules.filter(({ rule }) => rule.name === 'brute_force');
    expect(found).toMatchObject([{ rule: { threshold: 20, timespanMs: 900_000, level: 'medium' } }]);
    expect(rules.map(({ rule }) => rule.name)).toContain('password_spray');
  });

  it('leave out disabled rules, which other rules still count', async () => {
    const problems: string[] = [];
    const { rules } = await resolveAlerts({ disable: ['brute_force', 'password_spry'] }, problems);
    expect(problems).toEqual(['disable names the unknown rule password_spry (did you mean password_spray?)']);
    const names = rules.map(({ rule }) => rule.name);
    expect(names).not.toContain('brute_force');
    expect(names).toContain('success_after_brute_force');
  });

  it.each<[AlertsOptions]>([[{ shipped: false }], [{ shipped: false, rules: [] }]])(
    'of %j run no rule',
    async (options) => {
      expect(await resolveAlerts(options, [])).toEqual({ rules: [] });
    },
  );
});
