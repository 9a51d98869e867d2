import { execFile } from 'node:child_process';
import { chmod, chown, open, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { errorCode } from '../../../../src/audit/index.js';
import { runSql, tempFolder } from '../../../support/index.js';

const run = promisify(execFile);
const SIZE = '4m';

/** A disk of 4 MiB with a tablespace of the tests' server on it. */
export interface SmallDisk {
  readonly tablespace: string;
  /** Leaves no room on it. */
  fill(): Promise<void>;
  /** Gives the room back. */
  empty(): Promise<void>;
  /** Takes the tablespace, which nothing may use any more, and the disk away. */
  remove(): Promise<void>;
}

/** Whether this user may mount a disk here. */
export async function mayMountDisks(): Promise<boolean> {
  const folder = await tempFolder('small-disk-');
  try {
    await mount(folder);
    await run('umount', [folder]);
    return true;
  } catch {
    return false;
  } finally {
    await rmdir(folder);
  }
}

/** Mounts a small disk for the tests' server. */
export async function mountSmallDisk(superuserUrl: string, name: string): Promise<SmallDisk> {
  const folder = await tempFolder('small-disk-');
  await mount(folder);
  const [settings] = await runSql(superuserUrl, `SELECT current_setting('data_directory') AS dir`);
  const { uid, gid } = await stat(String(settings?.dir));
  await chown(folder, uid, gid);
  await chmod(folder, 0o700);
  await runSql(superuserUrl, `CREATE TABLESPACE ${name} LOCATION '${folder}'`);
  const filler = join(folder, 'filler');
  return {
    tablespace: name,
    fill: () => fill(filler),
    empty: () => rm(filler),
    remove: async () => {
      await runSql(superuserUrl, `DROP TABLESPACE ${name}`);
      await run('umount', [folder]);
      await rmdir(folder);
    },
  };
}

async function mount(folder: string): Promise<void> {
  await run('mount', ['-t', 'tmpfs', '-o', `size=${SIZE}`, 'tmpfs', folder]);
}

async function fill(path: string): Promise<void> {
  const file = await open(path, 'w');
  try {
    for (;;) await file.write(Buffer.alloc(4_096));
  } catch (error) {
    if (errorCode(error) !== 'ENOSPC') throw error;
  } finally {
    await file.close();
  }
}
