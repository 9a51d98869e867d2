import { writeFile } from 'node:fs/promises';
import { generateKeyPair } from '../modules/monitoring/log/notes/note-key.js';
import { readKeyFile } from '../modules/monitoring/signing/signing-key-file.js';
import { EXIT_CODES, type CommandResult } from './command-result.js';
import { errorSentence } from './file-sentence.js';
import { parseCall } from './parse-call.js';

const HELP = `Usage: nestjs-audit-ledger keygen [<name>] [--out <file>]
       nestjs-audit-ledger keygen --show <file>

Makes a key that signs a ledger's checkpoints, and prints the verifier key. Give that one to auditors.

  <name>      the ledger's origin, for example example.com/audit; default: AUDIT_LEDGER_ORIGIN, else the application's default
  --out       the new file for the secret signing key (AUDIT_SIGNING_KEY_FILE); default: print that key as well
  --show      print the verifier keys of a key file, including earlier ones; make no key
  --help      print this

Examples:
  nestjs-audit-ledger keygen example.com/audit --out signing.key

Exit code: 0 when the key is made or shown, 2 when the command failed.
`;

const DEFAULT_ORIGIN = 'nestjs-audit-ledger.local/ledger';

/** `nestjs-audit-ledger keygen`. Never rejects. */
export async function runKeygen(args: readonly string[]): Promise<CommandResult> {
  try {
    const { values, positionals } = parseCall('keygen', {
      args: [...args],
      allowPositionals: true,
      options: { out: { type: 'string' }, show: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    });
    if (values.help) return { exitCode: EXIT_CODES.fine, output: HELP };
    const { AUDIT_LEDGER_ORIGIN: origin = '' } = process.env;
    const [name = origin === '' ? DEFAULT_ORIGIN : origin, ...others] = positionals;
    if (values.show !== undefined) return await show(values.show, name);
    if (others.length > 0) return { exitCode: EXIT_CODES.notChecked, errors: HELP };
    const { signingKey, verifierKey } = generateKeyPair(name);
    if (values.out === undefined) return { exitCode: EXIT_CODES.fine, output: `${signingKey}\n${verifierKey}\n` };
    await writeFile(values.out, `${signingKey}\n`, { mode: 0o600, flag: 'wx' }); // a key that is lost cannot be made again
    return { exitCode: EXIT_CODES.fine, output: `${verifierKey}\n` };
  } catch (error) {
    return { exitCode: EXIT_CODES.notChecked, errors: `${errorSentence(error)}\n` };
  }
}

async function show(file: string, origin: string): Promise<CommandResult> {
  const { verifierKeys, formerKeys } = await readKeyFile(file, origin);
  return { exitCode: EXIT_CODES.fine, output: `${[...verifierKeys, ...formerKeys].join('\n')}\n` };
}
