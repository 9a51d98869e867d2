import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { TESTS_KEY } from './writers.js';

export interface AppProcess {
  readonly url: string;
  readonly child: ChildProcess;
  readonly output: () => string;
  end(signal: NodeJS.Signals): Promise<number | null>;
}

export async function startAppProcess(
  cwd: string,
  environment: Readonly<Record<string, string>>,
  script = 'dist/src/shop/main.js',
  parameters: readonly string[] = [],
): Promise<AppProcess> {
  const child = spawn(process.execPath, [resolve(script), ...parameters], {
    cwd,
    env: { PATH: process.env.PATH, PORT: '0', AUDIT_WRITER_KEY: TESTS_KEY, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  const ended = once(child, 'exit');
  const listening = new Promise<string>((heard) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        lines.push(line);
        const port = /Listening on http:\/\/[^ ]*:(\d+)/.exec(line)?.[1];
        if (port !== undefined) heard(`http://127.0.0.1:${port}`);
      });
    }
  });
  const output = (): string => lines.join('\n');
  const url = await Promise.race([
    listening,
    ended.then(() => {
      throw new Error(`The application ended before it listened:\n${output()}`);
    }),
  ]);
  return {
    url,
    child,
    output,
    end: async (signal) => {
      child.kill(signal);
      await ended;
      return child.exitCode;
    },
  };
}
