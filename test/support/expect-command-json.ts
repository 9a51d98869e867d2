import { expect } from '@jest/globals';
import { COMMAND_CALLS, type CommandCall } from './command-calls.js';

type Json = Readonly<Record<string, unknown>>;

export function expectCommandJson(name: string, output: string | undefined, call = findCall(name)): Json {
  const { ok, command, warnings = [], ...rest } = JSON.parse(output ?? '') as Json;
  expect([ok, command, Array.isArray(warnings)]).toEqual([(call.exitCode ?? 0) === 0, name, true]);
  expect(Object.keys(rest).sort()).toEqual([...call.keys].sort());
  return rest;
}

function findCall(name: string): Omit<CommandCall, 'args'> {
  const [row] = COMMAND_CALLS[name] ?? [];
  if (!row) throw new Error(`test/support/command-calls.ts has no row for ${name}`);
  return row.good;
}
