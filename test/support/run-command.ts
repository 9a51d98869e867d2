import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { run } from '../../src/cli/run-command.js';

/** What came of a command. */
export interface CommandRun {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

export interface CommandPlace {
  /** The working directory. */
  readonly cwd: string;
  /** All variables, with `PATH` alone beside them. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Told what the command says on the standard error, as it does. */
  readonly listen?: (said: string) => void;
}

/** Calls the built command as a process of its own, which reads the input. */
export async function runBuilt(args: readonly string[], { cwd, env }: CommandPlace, input = ''): Promise<CommandRun> {
  const { PATH } = process.env;
  return new Promise((done) => {
    const main = resolve('dist/src/cli/main.js');
    const child = execFile(process.execPath, [main, ...args], { cwd, env: { PATH, ...env } }, (_, output, errors) =>
      done({ code: child.exitCode ?? -1, output, errors }),
    );
    child.stdin?.end(input);
  });
}

let last: Promise<unknown> = Promise.resolve();

/**
 * Calls a command as a shell does, but in this process, which takes a tenth of the time: what is tested of a process (signals, the
 * terminal, the exit) starts one. Meanwhile the process has that working directory and those variables; one runs at a time.
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
  setVariables({ PATH, ...env });
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
