import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { run } from '../../src/cli/run-command.js';
import { TESTS_KEY } from './writers.js';

export interface CommandRun {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

export interface CommandPlace {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly listen?: (said: string) => void;
  /** The built file of the command; that of this repository if absent. */
  readonly main?: string;
  /** Only root can run a command as another user. */
  readonly uid?: number;
}

export async function runBuilt(
  args: readonly string[],
  { cwd, env, main = resolve('dist/src/cli/main.js'), ...as }: CommandPlace,
  input = '',
): Promise<CommandRun> {
  const { PATH } = process.env;
  return new Promise((done) => {
    const child = execFile(
      process.execPath,
      [main, ...args],
      { cwd, env: { PATH, AUDIT_WRITER_KEY: TESTS_KEY, ...env }, ...as },
      (_, output, errors) => done({ code: child.exitCode ?? -1, output, errors }),
    );
    child.stdin?.end(input);
  });
}

let last: Promise<unknown> = Promise.resolve();

/**
 * A call in this process takes a tenth of the time. One call runs at a time, since the call sets the process's working directory and
 * variables. Tests of signals, the terminal or the exit start a process.
 */
export async function runCommand(args: readonly string[], place: CommandPlace): Promise<CommandRun> {
  const running = last.then(() => runHere(args, place));
  last = running.catch(() => undefined);
  return running;
}

async function runHere(args: readonly string[], { cwd, env, listen }: CommandPlace): Promise<CommandRun> {
  const [home, variables] = [process.cwd(), { ...process.env }];
  const { PATH } = variables;
  const printed = { stdout: '', stderr: '' };
  const giveBack = (['stdout', 'stderr'] as const).map((name) => {
    const write = process[name].write.bind(process[name]);
    process[name].write = (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
      const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
      printed[name] += text;
      if (name === 'stderr') listen?.(text);
      const done = rest.find((each) => typeof each === 'function') as (() => void) | undefined; // the last argument, if any
      if (done) process.nextTick(done);
      return true;
    };
    return () => (process[name].write = write);
  });
  process.chdir(cwd);
  setVariables({ PATH, AUDIT_WRITER_KEY: TESTS_KEY, ...env });
  try {
    const { exitCode, output = '', errors = '' } = await run(args);
    return { code: exitCode, output: printed.stdout + output, errors: printed.stderr + errors };
  } finally {
    for (const give of giveBack) give();
    setVariables(variables);
    process.chdir(home);
  }
}

function setVariables(wanted: Readonly<Record<string, string | undefined>>): void {
  for (const name of Object.keys(process.env))
    if (wanted[name] === undefined) Reflect.deleteProperty(process.env, name);
  for (const [name, value] of Object.entries(wanted)) if (value !== undefined) process.env[name] = value;
}
