import { spawn } from 'node:child_process';

/** A user of the operating system. */
export interface SystemUser {
  uid: number;
  gid: number;
  /** For messages: the name, or the uid when only that is known. */
  name: string;
}

/** How a program ended: its exit code (absent when a signal or a failed spawn ended it) and all that it wrote. */
export interface ProgramEnd {
  code: number | undefined;
  output: string;
}

// The application's secrets live in its environment, and a server shows its own to every superuser: hand over no more
// than programs need to load.
const PASSED_VARIABLES = ['PATH', 'LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH', 'SystemRoot', 'TEMP', 'TMP', 'TMPDIR'];

/**
 * Runs a program to its end as the given user. Never throws: a program that cannot be started ends without a code.
 * It runs in a session of its own, so that the terminal's Ctrl-C does not reach it.
 */
export function runProgram(program: string, args: readonly string[], user?: SystemUser): Promise<ProgramEnd> {
  const passed = PASSED_VARIABLES.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      ...(user && { uid: user.uid, gid: user.gid }),
      // Messages are read by code, so they must be English.
      env: { ...Object.fromEntries(passed), LC_ALL: 'C' },
      // The working directory of the application may be closed to the other user.
      cwd: '/',
      detached: true,
      windowsHide: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const collect = (chunk: Buffer): void => {
      output += chunk.toString('utf8');
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.once('error', (error) => resolve({ code: undefined, output: error.message }));
    child.once('close', (code) => resolve({ code: code ?? undefined, output: output.trim() }));
  });
}
