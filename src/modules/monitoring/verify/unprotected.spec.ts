import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { LEDGER_POLICIES, LEDGER_TRIGGERS } from './unprotected.js';

const schema = readFileSync('migrations/schema.sql', 'utf8');

/** What stands on the ledger's tables by the dump of the schema: a table, a name, and the rest without spaces and parentheses. */
function made(statement: RegExp): readonly string[] {
  const found = [...schema.matchAll(statement)].map((match) => lineOf(match.groups ?? {}));
  return found.filter((line) => line.startsWith('audit_')).toSorted();
}

function lineOf({ table = '', name = '', does = '', rest = '' }: Readonly<Record<string, string>>): string {
  return `${table} ${name} ${(does + rest).replace('public.', '').replace(/[\s()]/g, '')}`;
}

describe('what protects a ledger, as a verification looks for it', () => {
  it.each([
    [
      'triggers',
      LEDGER_TRIGGERS,
      /^CREATE TRIGGER (?<name>\w+) (?<does>.*) ON public\.(?<table>\w+)(?<rest> [^;]*);/gm,
      8,
    ],
    ['policies', LEDGER_POLICIES, /^CREATE POLICY (?<name>\w+) ON public\.(?<table>\w+) (?<does>[^;]*);/gm, 2],
  ])('is what the migrations make: %s', (_what, listed, statement, least) => {
    const own = made(statement);
    expect(own.length).toBeGreaterThanOrEqual(least);
    expect(listed.map(([table, name, does]) => lineOf({ table, name, does })).toSorted()).toEqual(own);
  });
});
