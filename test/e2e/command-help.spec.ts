import { describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { COMMANDS } from '../../src/cli/commands.js';

/** The built command as a process of its own: its exit code, and what it printed where. */
function run(...args: readonly string[]): Promise<readonly [number, string, string]> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, ['dist/src/cli/main.js', ...args], (_error, output, errors) => {
      resolve([child.exitCode ?? -1, output, errors]);
    });
  });
}

describe('nestjs-audit-ledger', () => {
  it('lists every command, a line each, in 132 columns', async () => {
    const [code, output] = await run('help');
    expect(code).toBe(0);
    for (const [name, { summary }] of COMMANDS) expect(output).toMatch(new RegExp(`^  ${name} +${summary}$`, 'm'));
    for (const line of output.split('\n')) expect(line.length).toBeLessThanOrEqual(132);
  });

  it('explains every command, as help and as --help', async () => {
    for (const [name, { run: call }] of COMMANDS) {
      const { exitCode, output } = await call(['--help']);
      expect([exitCode, output]).toEqual([0, expect.stringContaining(`Usage: nestjs-audit-ledger ${name}`)]);
    }
    expect(await run('help', 'verify')).toEqual(await run('verify', '--help'));
  });

  it('prints its version', async () => {
    const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
    expect(await run('--version')).toEqual([0, `${version}\n`, '']);
  });

  it('suggests the command that was probably meant', async () => {
    const [code, output, errors] = await run('verfy');
    expect([code, output]).toEqual([2, '']);
    expect(errors).toBe(
      'Cannot run nestjs-audit-ledger verfy: there is no such command. Did you mean verify? See nestjs-audit-ledger --help.\n',
    );
  });
});
