import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { isOneOf, OUTCOMES } from '../event/outcomes.js';
import { ACTIONS } from './catalogue.generated.js';
import { Catalogue, CUSTOM_CATEGORY } from './catalogue.js';
import { EVENT_NAME_PATTERN } from './event-name.js';

interface ListedEventType {
  readonly name: string;
  readonly lists: readonly string[];
  readonly aliasOf?: string;
  readonly action: string;
  readonly outcome: string;
  readonly category: string;
  readonly compliance: readonly string[];
}

const source = JSON.parse(readFileSync(join(import.meta.dirname, 'event-types.json'), 'utf8')) as {
  readonly eventTypes: readonly ListedEventType[]; // the shape that the generator reads
};
const { eventTypes } = source;
const catalogue = new Catalogue();

describe('the catalogue knows every event type that is listed', () => {
  it('186 names for 105 actions, 12 of them aliases', () => {
    expect(new Set(eventTypes.map(({ name }) => name)).size).toBe(186);
    expect(eventTypes).toHaveLength(186);
    expect(eventTypes.filter(({ aliasOf }) => aliasOf !== undefined)).toHaveLength(12);
    expect(ACTIONS).toHaveLength(105);
  });

  it.each([
    ['A', 45],
    ['B', 68],
    ['C', 110],
    ['D', 22],
  ])('all of list %s: %d', (list, count) => {
    const listed = eventTypes.filter(({ lists }) => lists.includes(list));

    expect(listed).toHaveLength(count);
    for (const { name } of listed) expect(catalogue.resolve(name).category).not.toBe(CUSTOM_CATEGORY);
  });

  it.each(eventTypes.filter(({ aliasOf }) => aliasOf === undefined))(
    '$name',
    ({ name, action, outcome, category, compliance }) => {
      expect(catalogue.resolve(name)).toMatchObject({ type: name, action, outcome, category, compliance });
      expect(catalogue.canonicalName(name)).toBe(name);
    },
  );

  it.each(eventTypes.filter(({ aliasOf }) => aliasOf !== undefined))(
    '$name, an alias of $aliasOf',
    ({ name, aliasOf, action, outcome, category }) => {
      expect(catalogue.resolve(name)).toMatchObject({ type: aliasOf, action, outcome, category });
      expect(catalogue.canonicalName(name)).toBe(aliasOf);
    },
  );

  it('under its action and outcome, too', () => {
    for (const { action, outcome, name, aliasOf } of eventTypes) {
      if (!isOneOf(OUTCOMES, outcome)) throw new Error(`${name} has the outcome ${outcome}`);
      expect(catalogue.resolve(action, outcome).type).toBe(aliasOf ?? name);
    }
  });

  it('with names, actions and categories that are names', () => {
    for (const { name, action, category } of eventTypes) {
      for (const word of [name, action, category]) expect(word).toMatch(EVENT_NAME_PATTERN);
    }
  });
});

it('each action has a type for each outcome, listed or derived, and that type leads back to it', () => {
  for (const action of ACTIONS) {
    for (const outcome of OUTCOMES) {
      const resolved = catalogue.resolve(action, outcome);
      expect(resolved).toMatchObject({ action, outcome });
      expect(resolved.category).not.toBe(CUSTOM_CATEGORY);
      const again = catalogue.resolve(resolved.type, outcome);
      expect({ ...again, details: undefined }).toEqual({ ...resolved, details: undefined });
    }
  }
});

it('the generated code and the generated page are what the generator makes of the lists', async () => {
  const script = join(import.meta.dirname, '../../../scripts/generate-catalogue.mjs');

  await expect(promisify(execFile)(process.execPath, [script, '--check'])).resolves.toMatchObject({ stderr: '' });
});
