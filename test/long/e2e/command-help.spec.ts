import { describe, expect, it } from '@jest/globals';
import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { COMMANDS } from '../../../src/cli/commands.js';
import { generateKeyPair } from '../../../src/modules/monitoring/log/notes/note-key.js';

/** The built command as a process of its own: its exit code, and what it printed where. */
function run(...args: readonly string[]): Promise<readonly [number, string, string]> {
  return new Promise((done) => {
    const child = execFile(process.execPath, ['dist/src/cli/main.js', ...args], (_error, output, errors) => {
      done([child.exitCode ?? -1, output, errors]);
    });
  });
}

/** As a shell splits them. */
function wordsOf(line: string): readonly string[] {
  return Array.from(line.matchAll(/'([^']*)'|(\S+)/g), ([, quoted, word]) => quoted ?? word ?? '');
}

function restore(name: string, value: string | undefined): void {
  if (value === undefined) Reflect.deleteProperty(process.env, name);
  else process.env[name] = value;
}

describe('nestjs-audit-ledger', () => {
  it('lists every command and what it does, in 80 columns', async () => {
    const [code, output] = await run('help');
    expect(code).toBe(0);
    const words = output.replaceAll(/\s+/g, ' ');
    for (const [name, { summary }] of COMMANDS) expect(words).toContain(` ${name} ${summary} `);
    for (const line of output.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  it('explains every command, as help and as --help', async () => {
    for (const [name, { load }] of COMMANDS) {
      const { exitCode, output } = await (await load()).run(['--help']);
      expect([exitCode, output]).toEqual([0, expect.stringContaining(`Usage: nestjs-audit-ledger ${name}`)]);
      for (const line of String(output).split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    }
    expect(await run('help', 'verify')).toEqual(await run('verify', '--help'));
  });

  it('has examples for every command, which the command takes as they stand', async () => {
    const home = process.cwd();
    const folder = await mkdtemp(join(tmpdir(), 'audit-examples-'));
    const { DATABASE_URL, AUDIT_RETENTION_DAYS } = process.env;
    Object.assign(process.env, { DATABASE_URL: 'postgresql://app@127.0.0.1:1/app', AUDIT_RETENTION_DAYS: '90' });
    process.chdir(folder);
    try {
      for (const [name, { load }] of COMMANDS) {
        const { run: call } = await load();
        const { output = '' } = await call(['--help']);
        const examples = Array.from(
          output.replaceAll(/\\\n +/g, '').matchAll(/^ {2}(?:\w+=\w+ )?nestjs-audit-ledger (.+)$/gm),
          ([, line = '']) => line,
        );
        expect([name, examples.length > 0]).toEqual([name, true]);
        for (const example of examples) {
          const words = wordsOf(example.replace(/ > .*/, ''))
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
      await rm(folder, { recursive: true });
    }
  });

  it.each(['bash', 'zsh', 'fish'])('completes commands and options in %s', async (shell) => {
    const [code, script] = await run('completion', shell);
    expect(code).toBe(0);
    for (const word of [...COMMANDS.keys()].flatMap((name) => name.split(' '))) expect(script).toContain(word);
    expect(script).toMatch(/verify.*checkpoint/);
    if (shell === 'bash') {
      const asked = `${script}\nCOMP_WORDS=(nestjs-audit-ledger verify --quo); COMP_CWORD=2; _nestjs_audit_ledger; echo "$COMPREPLY"`;
      expect(execFileSync('bash', ['-c', asked], { encoding: 'utf8' })).toBe('--quorum\n');
    }
  });

  it('says of a mistyped path what is wrong, in a sentence, and exits with 2', async () => {
    const { verifierKey } = generateKeyPair('example.com/typo');
    const folder = resolve('no/such');
    for (const args of [
      ['verify-archive', folder],
      ['verify-export', folder],
      ['verify-proof', folder, folder],
    ]) {
      const [code, output, errors] = await run(...args, '--key', verifierKey);
      expect([code, output]).toEqual([2, '']);
      expect(errors).toMatch(/^Cannot open .*no\/such.*: it does not exist\. Correct the path\.\n$/);
    }
  });

  it('prints its version', async () => {
    const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
    expect(await run('--version')).toEqual([0, `${version}\n`, '']);
  });

  it('suggests the command that was probably meant', async () => {
    const [code, output, errors] = await run('verfy');
    expect([code, output]).toEqual([2, '']);
    expect(errors).toBe(
      "Cannot run nestjs-audit-ledger: unknown command 'verfy' (did you mean verify?). See nestjs-audit-ledger --help.\n",
    );
  });
});
