import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { LEDGER_POLICIES, LEDGER_TRIGGERS } from './unprotected.js';

const schema = readFileSync('migrations/schema.sql', 'utf8');

/** The pairs of a table and what stands on it, in the dump of the schema. */
function pairs(statement: RegExp): readonly string[] {
  const found = [...schema.matchAll(statement)].map(([, name, table]) => `${String(table)} ${String(name)}`);
  return found.filter((pair) => pair.startsWith('audit_')).toSorted();
}

describe('what protects a ledger, as a verification looks for it', () => {
  it.each([
    ['triggers', LEDGER_TRIGGERS, /^CREATE TRIGGER (\w+) .* ON public\.(\w+)/gm, 8],
    ['policies', LEDGER_POLICIES, /^CREATE POLICY (\w+) ON public\.(\w+)/gm, 2],
  ])('is what the migrations make: %s', (_what, listed, statement, least) => {
    const made = pairs(statement);
    expect(made.length).toBeGreaterThanOrEqual(least);
    expect(listed.map(([table, name]) => `${table} ${name}`).toSorted()).toEqual(made);
  });
});
