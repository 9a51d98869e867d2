import { describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { COMMANDS } from '../../src/cli/commands.js';

/** They start the application, or read parameters by the shapes of its routes. */
const WITH_NEST = ['coverage', 'doctor', 'query', 'tail', 'capture revert', 'streams reconcile'];

/** Loading them takes longer than most commands do. */
const HEAVY = /^(@nestjs\/|rxjs$|typeorm$|class-validator$|class-transformer$|reflect-metadata$)/;

const names = [...COMMANDS.keys()];

function packagesOf(...commands: readonly string[]): Readonly<Record<string, readonly string[]>> {
  const output = execFileSync(process.execPath, ['test/support/modules-of-commands.mjs', ...commands], {
    encoding: 'utf8',
  });
  return JSON.parse(output) as Record<string, readonly string[]>; // what the script prints
}

describe('a command', () => {
  it('loads neither Nest nor TypeORM, unless it starts the application', () => {
    const loaded = packagesOf(...names.filter((name) => !WITH_NEST.includes(name)));
    expect(Object.keys(loaded).length).toBe(names.length - WITH_NEST.length);
    const heavy = Object.entries(loaded).map(([name, packages]) => [name, packages.filter((each) => HEAVY.test(each))]);
    expect(heavy.filter(([, packages = []]) => packages.length > 0)).toEqual([]);
  });

  it('that starts the application loads Nest, which this test would see', () => {
    expect(packagesOf('coverage').coverage).toEqual(expect.arrayContaining(['@nestjs/core', 'rxjs']));
  });
});
