import { describe, expect, it } from '@jest/globals';
import { onFolder, tellsOfFullDisk } from './file-system.js';

const failWith = (code: string) => () => Promise.reject(Object.assign(new Error(`${code}: refused`), { code }));

describe('Work on the folder of a cluster', () => {
  it.each([
    ['ENOSPC', 'EMBEDDED_DISK_FULL', 'no space is left'],
    ['EDQUOT', 'EMBEDDED_DISK_FULL', 'no space is left'],
    ['EROFS', 'EMBEDDED_FOLDER_REFUSED', 'the file system is read-only'],
    ['EACCES', 'EMBEDDED_FOLDER_REFUSED', 'permission denied'],
    ['ENOTDIR', 'EMBEDDED_FOLDER_REFUSED', 'a part of the path is not a folder'],
  ])('that the file system refuses with %s fails with %s', async (refused, code, seen) => {
    const failed = onFolder('/srv/pg', failWith(refused));
    await expect(failed).rejects.toMatchObject({ code, message: expect.stringContaining(seen) as unknown });
    await expect(failed).rejects.toHaveProperty('cause.code', refused);
  });

  it('that fails otherwise keeps its own error', async () => {
    await expect(onFolder('/srv/pg', failWith('EOTHER'))).rejects.toMatchObject({ code: 'EOTHER' });
  });
});

describe('The output of a program of PostgreSQL', () => {
  it.each([
    'FATAL:  could not write to file "pg_wal/xlogtemp.1": No space left on device',
    'FATAL:  could not extend file "base/1/2691": wrote only 4096 of 8192 bytes\nHINT:  Check free disk space.',
  ])('shows a full disk: %s', (output) => expect(tellsOfFullDisk(output)).toBe(true));

  it('shows no full disk otherwise', () => expect(tellsOfFullDisk('initdb: error: directory exists')).toBe(false));
});
