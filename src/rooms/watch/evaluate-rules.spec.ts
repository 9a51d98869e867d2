import { expect, it } from '@jest/globals';
import { Catalogue } from '../../audit/nest-free.js';
import { neededNames } from './evaluate-rules.js';
import { parseRules } from './rules/parse-rules.js';
import { RuleDocument } from './rules/rule-document.js';

function needed(...detections: readonly string[]): readonly string[] | undefined {
  const text = detections.map((detection, index) => `title: One\nname: one_${index}\ndetection: ${detection}\n`);
  const { rules, problems } = parseRules(RuleDocument.allOf(text.join('---\n'), 'a.yml'));
  expect(problems).toEqual([]);
  return namesOf(rules);
}

function namesOf(rules: ReturnType<typeof parseRules>['rules']): readonly string[] | undefined {
  const events = rules.flatMap((rule) => (rule.kind === 'event' ? [{ rule }] : []));
  return neededNames(events, new Catalogue())?.map((one) => {
    if (one.on !== 'field') return one.on;
    return `${one.field}: ${one.anyOf.flatMap((test) => (test.is === 'equal' ? test.values : [])).join(' ')}`;
  });
}

it.each([
  ['{ a: { type: user_created }, condition: a }', ['type: user_created']],
  ['{ a: { type: [user_created, user_deleted], actorId: x }, condition: a }', ['type: user_created user_deleted']],
  ['{ a: { actorId: x }, b: { category: zoo }, condition: a and b }', ['category: zoo']],
  ['{ a: { type: user_created }, b: { category: zoo }, condition: a or b }', ['type: user_created', 'category: zoo']],
  ['{ a: { type: user_created }, b: { actorId: x }, condition: a and not b }', ['type: user_created']],
  ['{ a: [{ type: user_created }, { category: zoo }], condition: a }', ['type: user_created', 'category: zoo']],
])('the names that an event needs to match %s', (detection, names) => {
  expect(needed(detection)).toEqual(names);
});

it.each([
  '{ a: { actorId: x }, condition: a }',
  '{ a: { type: user_created }, condition: not a }',
  '{ a: { type: user_created }, b: { actorId: x }, condition: a or b }',
  '{ a: [{ type: user_created }, { actorId: x }], condition: a }',
  "{ a: { type: 'user_*' }, condition: a }",
])('events of any name may match %s', (detection) => {
  expect(needed(detection)).toBeUndefined();
  expect(needed('{ a: { type: user_created }, condition: a }', detection)).toBeUndefined();
});
