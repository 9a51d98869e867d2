import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';

const CONFIG = {
  rootDir: resolve('test/runner'),
  roots: ['<rootDir>/fixtures'],
  testRegex: String.raw`\.fixture\.ts$`,
  transform: {},
  runtime: '<rootDir>/native-runtime.cjs',
  testEnvironment: '<rootDir>/leak-checking-environment.cjs',
};

async function run(
  names: readonly string[],
  workers = 1,
  variables: Readonly<Record<string, string>> = {},
): Promise<string> {
  const args = [
    '--config',
    JSON.stringify(CONFIG),
    `--maxWorkers=${workers}`,
    '--no-cache',
    '--forceExit',
    ...names.map((name) => `${name}.fixture`),
  ];
  const child = spawn(process.execPath, ['node_modules/jest/bin/jest.js', ...args, '--no-colors'], {
    env: { ...process.env, INIT_CWD: process.cwd(), JEST_WORKER_ID: '', FORCE_COLOR: '0', ...variables },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const [printed] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  return printed;
}

describe('the runner of the specs', () => {
  it('names the line of a failure in the source, and ends a test after its time', async () => {
    const printed = await run(['fails']);
    expect(printed).toContain('fixtures/fails.fixture.ts:10:22');
    expect(printed).toContain('Exceeded timeout of 50 ms for a test');
  });

  it('names what a file leaves behind, and takes it from the next one', async () => {
    const printed = await run(['leaks', 'passes']);
    expect(printed).toContain('PASS test/runner/fixtures/passes.fixture.ts');
    expect(printed).toMatch(/fixtures\/leaks\.fixture\.ts leaves behind: .*process\.env\.LEFT_BEHIND/);
    for (const kind of [
      '1 TCPServerWrap',
      ' Timeout',
      '1 listener of SIGHUP',
      'another working directory',
      'another sealMs',
    ]) {
      expect(printed).toContain(kind);
    }
  });

  it('ends a file that hangs, names it, and runs the others', async () => {
    const printed = await run(['hangs', 'passes'], 2, { SPEC_LIMIT_MS: '5000' });
    expect(printed).toContain('fixtures/hangs.fixture.ts hangs in the test "never comes back": it is ended after 5 s.');
    expect(printed).toContain('FAIL test/runner/fixtures/hangs.fixture.ts');
    expect(printed).toContain('PASS test/runner/fixtures/passes.fixture.ts');
  });
});
