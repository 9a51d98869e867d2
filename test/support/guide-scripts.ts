import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { TESTS_KEY } from './writers.js';

export interface ScriptRun {
  readonly code: number;
  readonly output: string;
}

export async function guideScript(guide: string, name: string): Promise<string> {
  const text = await readFile(guide, 'utf8');
  const found = [...text.matchAll(/```(?:bash\n#|sql\n--) (\S+)\n([^]*?)```/g)].find(([, title]) => title === name);
  if (found?.[2] === undefined) throw new Error(`${guide} has no script ${name}.`);
  return found[2];
}

/** `npx nestjs-audit-ledger` runs the built command. PATH searches the folder `programs` first. */
export async function runGuideScript(
  script: string,
  folder: string,
  environment: Readonly<Record<string, string>>,
  programs = '/usr/bin',
): Promise<ScriptRun> {
  const bin = join(folder, 'bin');
  await mkdir(bin, { recursive: true });
  const command = `#!/bin/sh\n[ "$1" = nestjs-audit-ledger ] && shift\nexec '${process.execPath}' '${resolve('dist/src/cli/main.js')}' "$@"\n`;
  await writeFile(join(bin, 'npx'), command);
  await chmod(join(bin, 'npx'), 0o755);
  return new Promise((done) => {
    const env = { PATH: `${bin}:${programs}:${process.env.PATH ?? ''}`, AUDIT_WRITER_KEY: TESTS_KEY, ...environment };
    const child = execFile('bash', ['--norc', '-c', script], { cwd: folder, env }, (_error, output, errors) =>
      done({ code: child.exitCode ?? -1, output: output + errors }),
    );
  });
}
