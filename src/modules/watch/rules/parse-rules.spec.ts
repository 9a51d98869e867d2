import { describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { SHIPPED_RULES } from '../shipped/shipped-rules.generated.js';
import { linkRules } from './link-rules.js';
import { parseCondition } from './parse-condition.js';
import { parseRules } from './parse-rules.js';

const FAILED = `title: Failed
name: failed
detection:
  failed: { type: user_login_failed }
  condition: failed
`;

function problemsOf(text: string): readonly string[] {
  const parsed = parseRules([{ name: 'a.yml', text }]);
  return [...parsed.problems, ...(parsed.problems.length > 0 ? [] : linkRules(parsed.rules).problems)];
}

function counting(correlation: string): string {
  return `${FAILED}---
title: Many failed
name: many
correlation:
${correlation.replaceAll(/^/gm, '  ')}
`;
}

describe('rules', () => {
  it('that the package ships with are right, and have different ids', () => {
    const { rules, problems } = parseRules(SHIPPED_RULES);
    expect(problems).toEqual([]);
    const linked = linkRules(rules);
    expect(linked.problems).toEqual([]);
    const ids = linked.rules.filter(({ alerts }) => alerts).map(({ rule }) => rule.id);
    expect(ids.every((id) => typeof id === 'string')).toBe(true);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('of the guide are right, and its mistake is told as the guide has it', async () => {
    const guide = await readFile('docs/guides/watch.md', 'utf8');
    const [text = ''] = Array.from(guide.matchAll(/```yaml\n([^]*?)```/g), ([, block = '']) => block);
    expect(problemsOf(text)).toEqual([]);
    expect(guide).toContain(
      `watch: audit-rules/exports.yml:${problemsOf(text.replace('type:', 'typ:')).join()}`.replace('a.yml:', ''),
    );
  });

  it('come in an order in which each stands behind those that it refers to, and those that serve raise no alerts', () => {
    const text = counting('type: event_count\nrules: [failed]\ngroup-by: [ip]\ntimespan: 5m\ncondition: { gte: 3 }');
    const { rules } = linkRules(parseRules([{ name: 'a.yml', text }]).rules.toReversed());
    expect(rules.map(({ rule, alerts, fields }) => [rule.name, alerts, fields])).toEqual([
      ['failed', false, ['ip']],
      ['many', true, ['ip']],
    ]);
  });

  it.each([
    [
      'an unknown field',
      FAILED.replace('type:', 'typ:'),
      /^a\.yml:4: detection\.failed\.typ: typ is an unknown field \(did you mean type\?\)$/,
    ],
    [
      'an action in the place of an event type',
      FAILED.replace('user_login_failed', 'order_creation'),
      /^a\.yml:4: detection\.failed\.type: type=order_creation names an action/,
    ],
    ['an unknown key', `${FAILED}titel: Failed\n`, /^a\.yml:6: titel: is not supported \(did you mean title\?\)$/],
    ['no title', FAILED.replace('title: Failed\n', ''), /^a\.yml:1: title: is missing$/],
    [
      'an unsupported modifier',
      FAILED.replace('type:', 'type|re:'),
      /^a\.yml:4: .*modifier re, which is not supported: use startswith, cidr/,
    ],
    [
      'a selection that the condition does not have',
      FAILED.replace('condition: failed', 'condition: other'),
      /^a\.yml:5: detection\.condition: condition names other, and the detection has failed$/,
    ],
    [
      'an address that is none',
      FAILED.replace('{ type: user_login_failed }', '{ ip|cidr: 300.0.0.0/8 }'),
      /^a\.yml:4: detection\.failed\.ip\|cidr: ip must be/,
    ],
    [
      'a word that is not one of the field',
      FAILED.replace('{ type: user_login_failed }', '{ outcome: failed }'),
      /^a\.yml:4: .*outcome must be one of/,
    ],
    [
      'a level that there is not',
      `${FAILED}level: severe\n`,
      /^a\.yml:6: level: must be one of informational, low, medium, high, critical, not severe$/,
    ],
    ['wrong YAML', 'title: [a', /^a\.yml:1: /],
    ['a list in place of a map', '- a\n', /^a\.yml:1: a rule is a map/],
    ['keys that are twice there', `${FAILED}title: Again\n`, /^a\.yml:6: .*unique/i],
    [
      'a rule that refers to none',
      counting('type: event_count\nrules: [faild]\ntimespan: 5m\ncondition: { gte: 3 }'),
      /^a\.yml:7: many refers to the unknown rule faild \(did you mean failed\?\)$/,
    ],
    [
      'a timespan that is none',
      counting('type: event_count\nrules: [failed]\ntimespan: 5 minutes\ncondition: { gte: 3 }'),
      /^a\.yml:12: correlation\.timespan: must be a length of time/,
    ],
    [
      'a count below two',
      counting('type: event_count\nrules: [failed]\ntimespan: 5m\ncondition: { gte: 1 }'),
      /^a\.yml:13: correlation\.condition: must have one of gte, gt and eq/,
    ],
    [
      'fewer than a number',
      counting('type: event_count\nrules: [failed]\ntimespan: 5m\ncondition: { lt: 5 }'),
      /^a\.yml:13: correlation\.condition\.lt: is not supported/,
    ],
    [
      'values that no field has',
      counting('type: value_count\nrules: [failed]\ntimespan: 5m\ncondition: { gte: 3 }'),
      /^a\.yml:13: correlation\.condition\.field: must name the field/,
    ],
    [
      'one rule in an order',
      counting('type: temporal_ordered\nrules: [failed]\ntimespan: 5m'),
      /^a\.yml:11: correlation\.rules: must name two rules or more$/,
    ],
    [
      'an alias for a stranger',
      counting(
        'type: event_count\nrules: [failed]\ngroup-by: [who]\ntimespan: 5m\ncondition: { gte: 3 }\naliases: { who: { other: actorId } }',
      ),
      /^a\.yml:15: correlation\.aliases\.who\.other: is not one of the rules failed$/,
    ],
    [
      'a rule that has the name of another',
      `${FAILED}---\n${FAILED}`,
      /^a\.yml:7: there is a rule failed already, at a\.yml:1$/,
    ],
    ['itself', counting('type: temporal\nrules: [failed, many]\ntimespan: 5m'), /^a\.yml:7: many refers to itself/],
  ])('with %s are refused, with the line', (_, text, says) => {
    expect(problemsOf(text)).toEqual([expect.stringMatching(says)]);
  });

  it('that need a field of a correlation which is not grouped by it are refused', () => {
    const text = `${counting('type: event_count\nrules: [failed]\ngroup-by: [ip]\ntimespan: 5m\ncondition: { gte: 3 }')}---
title: Two
name: two
correlation: { type: temporal, rules: [failed, many], group-by: [actorId], timespan: 1h }
`;
    expect(problemsOf(text)).toEqual(['a.yml:16: two needs actorId of many, which is not grouped by it']);
  });
});

describe('a condition', () => {
  const NAMES = ['first', 'second', 'filter_a', 'filter_b'];
  const one = (name: string): unknown => ({ is: 'selection', name });

  it.each([
    ['first', one('first')],
    ['first and not second', { is: 'and', of: [one('first'), { is: 'not', of: one('second') }] }],
    [
      'first or second and filter_a',
      { is: 'or', of: [one('first'), { is: 'and', of: [one('second'), one('filter_a')] }] },
    ],
    [
      '(first or second) and filter_a',
      { is: 'and', of: [{ is: 'or', of: [one('first'), one('second')] }, one('filter_a')] },
    ],
    [
      'first and not 1 of filter_*',
      { is: 'and', of: [one('first'), { is: 'not', of: { is: 'or', of: [one('filter_a'), one('filter_b')] } }] },
    ],
    ['all of them', { is: 'and', of: NAMES.map(one) }],
  ])('%s is understood', (text, expected) => {
    expect(parseCondition(text, NAMES)).toEqual(expected);
  });

  it.each(['', 'first and', 'first second', '(first', 'first)', 'not', 'and first', 'third', '1 of third*', 'all of'])(
    '"%s" is refused',
    (text) => {
      expect(parseCondition(text, NAMES)).toMatch(/^condition /);
    },
  );
});
