import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { generateKeyPair } from '../../monitoring/proof/log/notes/note-key.js';
import { readKeyFile } from '../../monitoring/proof/signing/signing-key-file.js';
import { defineCommand } from '../define-command.js';
import { readKeySettings, readKeyName } from '../connection/key-settings.js';
import { textOption } from '../options.js';

export const command = defineCommand({
  name: 'keygen',
  usage: ['[<name>] [--output <file>]', '--show <file>'],
  about: [
    'Makes a key that signs a ledger’s checkpoints, and prints its verifier key. Give the verifier key to auditors.',
  ],
  arguments: [
    [
      '[name]',
      'the ledger’s origin, for example example.com/audit; default: AUDIT_LEDGER_ORIGIN, else the name in the key file, else the application’s default',
    ],
  ],
  options: {
    output: textOption(
      '<file>',
      'the new file for the secret signing key (AUDIT_SIGNING_KEY_FILE); without a file or with -, the command also prints the signing key',
    ),
    show: textOption('<file>', 'print the verifier keys of a key file, including earlier ones; make no key'),
  },
  json: '"verifierKeys", "signingKey" without --output',
  examples: ['example.com/audit --output signing.key'],
  exitCodes: '0 when the key is made or shown, 2 when the command failed.',
  run: async ({ options: { output = '-', show }, words, environment, refuse }) => {
    const { origin } = readKeySettings(environment);
    if (show !== undefined) {
      if (output !== '-') refuse('--show makes no key: remove --output');
      const { verifierKeys, formerKeys } = await readKeyFile(show, words[0] ?? readKeyName(show) ?? origin);
      const keys = [...verifierKeys, ...formerKeys];
      return { text: `${keys.join('\n')}\n`, data: { verifierKeys: keys } };
    }
    const { signingKey, verifierKey } = generateKeyPair(words[0] ?? origin);
    if (output === '-') {
      const text = `${signingKey}\n${verifierKey}\n`;
      return { text, data: { verifierKeys: [verifierKey], signingKey } };
    }
    await mkdir(dirname(output), { recursive: true, mode: 0o700 }); // the application makes the folder with the same mode
    await writeFile(output, `${signingKey}\n`, { mode: 0o600, flag: 'wx' }); // never overwrite a key, because it cannot be made again
    return { text: `${verifierKey}\n`, data: { verifierKeys: [verifierKey] } };
  },
});
