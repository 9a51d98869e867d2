import { describe, expect, it } from '@jest/globals';
import { linkRules } from './link-rules.js';
import { parseCondition } from './parse-detection.js';
import { parseRules } from './parse-rules.js';
import { RuleDocument } from './rule-document.js';

const FAILED = `title: Failed
name: failed
detection:
  failed: { type: user_login_failed }
  condition: failed
`;

function findProblems(text: string): readonly string[] {
  const parsed = parseRules(RuleDocument.listAll(text, 'a.yml'));
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
  const counted = (condition: string) =>
    counting(`type: event_count\nrules: [failed]\ntimespan: 5m\ncondition: ${condition}`);
  it.each([
    ['4', FAILED.replace('type:', 'typ:'), 'typ is an unknown field (did you mean type?)'],
    ['4', FAILED.replace('user_login_failed', 'order_creation'), 'type=order_creation names an action'],
    ['6', `${FAILED}titel: Failed\n`, 'titel: is not supported (did you mean title?)'],
    ['1', FAILED.replace('title: Failed\n', ''), 'title: is missing'],
    ['4', FAILED.replace('type:', 'type|base64:'), 'modifier base64, which is not supported'],
    [
      '4',
      FAILED.replace('{ type: user_login_failed }', "{ details.reason|re: '(a)\\1' }"),
      'not supported: a back-reference',
    ],
    [
      '4',
      FAILED.replace('{ type: user_login_failed }', "{ details.reason|re: 'a(?=b)' }"),
      'not supported: look-around',
    ],
    [
      '4',
      FAILED.replace('{ type: user_login_failed }', "{ details.reason|re: '((a{200}){200})' }"),
      'its counts are too large',
    ],
    ['5', FAILED.replace('condition: failed', 'condition: other'), 'condition names other'],
    ['4', FAILED.replace('{ type: user_login_failed }', '{ ip|cidr: 300.0.0.0/8 }'), 'ip must be'],
    ['4', FAILED.replace('{ type: user_login_failed }', '{ outcome: failed }'), 'outcome must be one of'],
    ['6', `${FAILED}level: severe\n`, 'level: must be one of informational'],
    ['1', 'title: [a', ''],
    ['1', '- a\n', 'a rule is a map'],
    ['6', `${FAILED}title: Again\n`, 'unique'],
    ['7', counted('{ gte: 3 }').replace('[failed]', '[faild]'), 'unknown rule faild (did you mean failed?)'],
    ['12', counted('{ gte: 3 }').replace('5m', '5 minutes'), 'timespan: must be a duration'],
    ['13', counted('{ gte: 1 }'), 'must have one of gte, gt and eq'],
    ['13', counted('{ lt: 5 }'), 'lt: is not supported'],
    ['13', counted('{ gte: 3 }').replace('event_count', 'value_count'), 'field: must name the field'],
    ['11', counting('type: temporal_ordered\nrules: [failed]\ntimespan: 5m'), 'must name two rules'],
    ['11', counting('type: temporal_ordered\nrules: [failed, failed, failed]\ntimespan: 5m'), 'must name two rules'],
    [
      '10',
      counting('type: temporal\nrules: [failed, failed]\ntimespan: 5m'),
      'must be one of event_count, value_count',
    ],
    ['6', `${FAILED}x-ledger: { unless: { rule: failed, within: 1h } }`, 'unless: is not supported'],
    ['14', `${counted('{ gte: 3 }')}x-ledger: { repeat-after: 1h }\n`, 'repeat-after: is not supported'],
    ['14', counted('{ gte: 3 }\naliases: { who: { other: actorId } }'), 'is not one of the rules failed'],
    ['7', `${FAILED}---\n${FAILED}`, 'another rule has the name failed, at a.yml:1'],
    [
      '7',
      counted('{ gte: 3 }').replace('[failed]', '[many]'),
      'refers to many, which is not a rule about single events',
    ],
    [
      '7',
      counting('type: temporal_ordered\nrules: [failed, many]\ntimespan: 5m'),
      'only the first rule of temporal_ordered',
    ],
  ])('are refused, with the line (%s): %j', (line, text, message) => {
    const [problem = '', ...others] = findProblems(text);
    expect([problem.startsWith(`a.yml:${line}: `), others]).toEqual([true, []]);
    expect(problem).toContain(message);
  });

  it('are refused if a sequence is not grouped like the count that comes first', () => {
    const text = `${counting('type: event_count\nrules: [failed]\ngroup-by: [ip]\ntimespan: 5m\ncondition: { gte: 3 }')}---
title: Two
name: two
correlation: { type: temporal_ordered, rules: [many, failed], group-by: [actorId], timespan: 1h }
`;
    expect(findProblems(text)).toEqual([
      'a.yml:16: group-by of two and of many differ by actorId, ip: group both by the same fields',
    ]);
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
