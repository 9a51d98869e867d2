import { describe, expect, it } from '@jest/globals';
import { Catalogue } from '../../audit/plain.js';
import type { LedgerReader } from '../monitoring/store/ledger-reader.service.js';
import { Correlator } from './correlate/correlator.js';
import { MatchStatement } from './match-statement.js';
import { ReadAhead } from './read-ahead.js';
import { linkRules } from './rules/link-rules.js';
import { parseRules } from './rules/parse-rules.js';

const RULE = `
title: Somebody logged in
name: log_in
level: low
detection:
  selection: { type: user_login_success }
  condition: selection
x-ledger: { group-by: [actorId] }
`;

const { rules } = linkRules(parseRules([{ name: 'a.yml', text: RULE }]).rules);
const correlator = new Correlator(rules, (text) => text);

/** A ledger that has a log-in at the first place of each range that is asked for. */
class Scene {
  readonly asked: string[] = [];
  isAway = false;
  readonly ahead: ReadAhead;

  constructor() {
    const eventRows: LedgerReader['eventRows'] = (_access, _text, [first, last]) => {
      this.asked.push(`${String(first)}–${String(last)}`);
      if (this.isAway) return Promise.reject(new Error('The ledger is away.'));
      return Promise.resolve([
        { place: first, id: `e${String(first)}`, at: 0, tenant_id: null, rule: 0, texts: ['ada'], is_canary: false },
      ]);
    };
    this.ahead = new ReadAhead({ eventRows } as LedgerReader, new MatchStatement(rules, new Catalogue()));
  }
}

describe('ranges that are read ahead', () => {
  it('are read once, with the groups of their matches', async () => {
    const { ahead, asked } = new Scene();
    ahead.begin({ first: 5, last: 9 }, correlator);
    const found = await ahead.take({ first: 5, last: 9 }, correlator);
    expect(found.matches.map(({ id }) => id)).toEqual(['e5']);
    expect(found.groups).toEqual([{ rule: 'log_in', key: '["log_in",[null],["ada"]]' }]);
    expect(asked).toEqual(['5–9']);
  });

  it('are left when the position is another one: a step was repeated, or another instance went on', async () => {
    const { ahead, asked } = new Scene();
    ahead.begin({ first: 5, last: 9 }, correlator);
    const found = await ahead.take({ first: 10, last: 14 }, correlator);
    expect(found.matches.map(({ id }) => id)).toEqual(['e10']);
    await ahead.take({ first: 5, last: 9 }, correlator);
    expect(asked).toEqual(['5–9', '10–14', '5–9']);
  });

  it('are left when the digests have another key', async () => {
    const { ahead } = new Scene();
    ahead.begin({ first: 5, last: 9 }, new Correlator(rules, () => 'of an old key'));
    const { groups } = await ahead.take({ first: 5, last: 9 }, correlator);
    expect(groups.map(({ key }) => key)).toEqual(['["log_in",[null],["ada"]]']);
  });

  it('reject when they are taken if they could not be read, and are read again then', async () => {
    const scene = new Scene();
    scene.isAway = true;
    scene.ahead.begin({ first: 5, last: 9 }, correlator);
    await expect(scene.ahead.take({ first: 5, last: 9 }, correlator)).rejects.toThrow('The ledger is away.');
    scene.isAway = false;
    expect((await scene.ahead.take({ first: 5, last: 9 }, correlator)).matches).toHaveLength(1);
  });
});
