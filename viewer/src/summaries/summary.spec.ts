import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { summarizeEvent, type SummaryEvent } from './summary.js';
import { WORDS } from '../texts/sentences.js';

interface Catalogue {
  readonly eventTypes: readonly { readonly name: string; readonly action: string; readonly outcome: string }[];
}
const CATALOGUE = JSON.parse(readFileSync('src/audit/catalogue/event-types.json', 'utf8')) as Catalogue;
const ada = { type: 'user', id: 'u-1', name: 'Ada' };

const message = (event: Partial<SummaryEvent>) =>
  summarizeEvent(
    { type: 'order_canceled', action: 'order_cancellation', outcome: 'success', actor: ada, ...event },
    WORDS,
  ).text;

describe('summarizeEvent', () => {
  const resource = { type: 'order', id: '17' };

  it('never says that something was done that was refused', () => {
    expect(message({ resource, outcome: 'denied', reason: 'not_owner' })).toBe(
      'Ada tried to cancel order 17 · denied: not owner',
    );
  });

  it.each([
    ['INSERT', 'inserted product 2 past the application'],
    ['UPDATE', 'changed product 2 past the application'],
    ['DELETE', 'deleted product 2 past the application'],
    ['TRUNCATE', 'emptied the table product past the application'],
  ])('says what a statement past the application did: %s', (operation, message) => {
    const event = { type: 'row_changed_externally', action: 'external_row_change', outcome: 'success', actor: ada };
    const details = { operation, table: 'product' };
    expect(summarizeEvent({ ...event, details, resource: { type: 'product', id: '2' } }, WORDS).text).toBe(
      `Ada ${message}`,
    );
  });

  it('has words for each action of the catalogue, for each outcome', () => {
    for (const { name, action } of CATALOGUE.eventTypes) {
      expect([action, Object.hasOwn(WORDS.actions, action)]).toEqual([action, true]);
      for (const outcome of ['attempted', 'success', 'failure', 'denied', 'partial']) {
        for (const input of [{}, { resource }, { details: { roleName: 'x', providerName: 'Bank', configKey: 'k' } }]) {
          const { text, parts } = summarizeEvent({ type: name, action, outcome, actor: ada, ...input }, WORDS);
          expect(text).toMatch(/^Ada \S.*\S$/);
          expect(text).not.toMatch(/[{}|]| {2}|undefined|\//);
          expect(parts.every((part) => part.text !== '')).toBe(true);
        }
      }
    }
  });

  it('stays short, whatever is in the event', () => {
    const huge = '\u202E<img onerror=x>'.repeat(5000);
    const event = {
      type: huge,
      action: huge,
      outcome: huge,
      actor: { type: huge, id: huge, name: huge },
      resource: { type: huge, id: huge },
      reason: huge,
      details: [huge],
      changes: { diff: [null, 7, { path: huge }] },
    };
    const { text } = summarizeEvent(event, WORDS);
    expect(text.length).toBeLessThan(1000);
  });
});

it('leaves out a change of a long text that begins as before', () => {
  const long = 'A light green tea from the hills of Uji. Brew at 70 degrees, for ';
  const diff = [
    { path: '/description', from: `${long}two minutes.`, to: `${long}three minutes.` },
    { path: '/stock', from: 240, to: 238 },
  ];
  const { text } = summarizeEvent({ type: 'x', action: 'x', outcome: 'success', actor: ada, changes: { diff } }, WORDS);
  expect(text).toContain('stock: 240 → 238');
  expect(text).not.toContain('Uji');
});
