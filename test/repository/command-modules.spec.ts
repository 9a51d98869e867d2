import { describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { COMMANDS } from '../../src/cli/commands.js';

/** Loading these packages takes longer than most commands run. */
const HEAVY = /^(@nestjs\/|rxjs$|typeorm$|zod$|reflect-metadata$)/;

const names = [...COMMANDS.keys()];

function listPackages(...commands: readonly string[]): Readonly<Record<string, readonly string[]>> {
  const output = execFileSync(process.execPath, ['test/support/command-modules.mjs', ...commands], {
    encoding: 'utf8',
  });
  return JSON.parse(output) as Record<string, readonly string[]>; // what the script prints
}

describe('a command', () => {
  it('loads neither Nest nor TypeORM before it needs them: for its help, or to refuse a call', () => {
    const loaded = listPackages(...names);
    expect(Object.keys(loaded).length).toBe(names.length);
    const heavy = Object.entries(loaded).map(([name, packages]) => [name, packages.filter((each) => HEAVY.test(each))]);
    expect(heavy.filter(([, packages = []]) => packages.length > 0)).toEqual([]);
  });

  it('loads neither to query or to export the ledger: they start in a third of the time without', () => {
    const loaded = Object.values(listPackages('query', 'export')).flat();
    expect(loaded).toContain('pg');
    expect(loaded.filter((each) => HEAVY.test(each))).toEqual([]);
  });

  it('that reads the application then loads Nest, which this test would see, but not pg, which an application may lack', () => {
    const file = './scan-application.js';
    const loaded = listPackages(file)[file];
    expect(loaded).toEqual(expect.arrayContaining(['@nestjs/core', 'rxjs']));
    expect(loaded).not.toContain('pg');
  });
});
