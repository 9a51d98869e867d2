import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { LEDGER_CONSTRAINTS } from './ledger-constraints.js';
import { LEDGER_POLICIES, LEDGER_TRIGGERS } from './unprotected.js';

/** With each constraint as a statement that names its table. */
const schema = readFileSync('migrations/schema.sql', 'utf8').replace(
  /^CREATE TABLE public\.(\w+) \([^;]*;/gm,
  (text, table: string) => text.replace(/^ {2}CONSTRAINT (\w+) /gm, `CONSTRAINT $1 ON public.${table} `),
);

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
    [
      'constraints',
      LEDGER_CONSTRAINTS,
      /^CONSTRAINT (?<name>\w+) ON public\.(?<table>\w+) (?<does>(?:CHECK|FOREIGN KEY|UNIQUE) .*?),?$/gm,
      30,
    ],
    ['policies', LEDGER_POLICIES, /^CREATE POLICY (?<name>\w+) ON public\.(?<table>\w+) (?<does>[^;]*);/gm, 2],
  ])('is what the migrations make: %s', (_what, listed, statement, least) => {
    const own = made(statement);
    expect(own.length).toBeGreaterThanOrEqual(least);
    expect(listed.map(([table, name, does]) => lineOf({ table, name, does })).toSorted()).toEqual(own);
  });
});
