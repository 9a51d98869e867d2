import { describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { COMMANDS } from '../../../src/cli/commands.js';
import { tempFolder } from '../../support/temp-folder.js';

function run(...args: readonly string[]): Promise<readonly [number, string, string]> {
  return new Promise((done) => {
    const child = execFile(process.execPath, ['dist/src/cli/main.js', ...args], (_error, output, errors) => {
      done([child.exitCode ?? -1, output, errors]);
    });
  });
}

/** As a shell splits them. */
function splitWords(line: string): readonly string[] {
  return Array.from(line.matchAll(/'([^']*)'|(\S+)/g), ([, quoted, word]) => quoted ?? word ?? '');
}

function restore(name: string, value: string | undefined): void {
  if (value === undefined) Reflect.deleteProperty(process.env, name);
  else process.env[name] = value;
}

describe('nestjs-audit-ledger', () => {
  it('has examples for every command, which the command takes as they stand', async () => {
    const home = process.cwd();
    const folder = await tempFolder('audit-examples-');
    const { DATABASE_URL, AUDIT_RETENTION_DAYS, AUDIT_ROLE } = process.env;
    Object.assign(process.env, { DATABASE_URL: 'postgresql://app@127.0.0.1:1/app', AUDIT_RETENTION_DAYS: '90' });
    process.chdir(folder);
    try {
      for (const [name, { load }] of COMMANDS) {
        const { run: call } = (await load()).command;
        const { output = '' } = await call(['--help']);
        const examples = Array.from(
          output.replaceAll(/\\\n +/g, '').matchAll(/^ {2}(?:\w+=\w+ )?nestjs-audit-ledger (.+)$/gm),
          ([, line = '']) => line,
        );
        expect([name, examples.length > 0]).toEqual([name, true]);
        for (const example of examples) {
          const words = splitWords(example.replace(/ > .*/, ''))
            .slice(name.split(' ').length)
            .map((word) => (word === 'db' ? '127.0.0.1' : word.replace('@db/', '@127.0.0.1:1/')));
          expect(example).toMatch(new RegExp(`^${name}( |$)`));
          const { errors = '' } = await call(words);
          expect([example, errors]).toEqual([example, expect.not.stringMatching(/^Cannot run|^Usage:/)]);
        }
      }
    } finally {
      process.chdir(home);
      restore('DATABASE_URL', DATABASE_URL);
      restore('AUDIT_RETENTION_DAYS', AUDIT_RETENTION_DAYS);
      restore('AUDIT_ROLE', AUDIT_ROLE); // the command worker sets it
      await rm(folder, { recursive: true });
    }
  });

  it('begins its help with the commands of the first day', async () => {
    const [code, output] = await run('--help');
    expect([code, output.split('\n')[2]]).toEqual([0, 'Start with: migrate, query, verify, doctor.']);
  });
});
