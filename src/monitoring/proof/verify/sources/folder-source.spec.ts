import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';
import { makeSigner, tempFolder } from '../../../../../test/support/index.js';
import { verifyFolder } from '../verify-folder.js';

it.each([
  ['a pipe', (path: string) => promisify(execFile)('mkfifo', [path])],
  ['a folder', (path: string) => mkdir(path)],
])('a checkpoint that is %s is refused at once', async (_what, make) => {
  const folder = await tempFolder('audit-log-');
  await make(join(folder, 'checkpoint'));
  const verified = verifyFolder({ folder, verifierKeys: [(await makeSigner()).verifierKey] });
  await expect(verified).rejects.toThrow(/^Cannot verify the files in .*checkpoint is not a regular file\. /);
});
