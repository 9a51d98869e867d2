import { describe, expect, it } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateKeyPair } from '../../monitoring/proof/log/notes/note-key.js';
import { readVerifierKeys } from './verifier-keys.js';
import { tempFolder } from '../../../test/support/temp-folder.js';

const { signingKey, verifierKey } = generateKeyPair('example.com/log');

describe('the keys that a command is given', () => {
  it('are keys themselves, or in files', async () => {
    const file = join(await tempFolder('audit-keys-'), 'keys');
    await writeFile(file, `# of 2026\n\n${verifierKey}\r\n`);
    expect(await readVerifierKeys([verifierKey, file])).toEqual([verifierKey, verifierKey]);
    expect(await readVerifierKeys([])).toEqual([]);
  });

  it('are never none of a file: those that the database names would be accepted in their place', async () => {
    const file = join(await tempFolder('audit-keys-'), 'keys');
    await writeFile(file, '# none yet\n');
    await expect(readVerifierKeys([file])).rejects.toMatchObject({ code: 'AUDIT_NOTE_KEY_INVALID' });
  });

  it('are not secret keys, and no secret key is shown', async () => {
    const refused: unknown = await readVerifierKeys([` ${signingKey}`]).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'AUDIT_NOTE_KEY_INVALID' });
    expect(String(refused)).not.toContain(signingKey);
  });
});
