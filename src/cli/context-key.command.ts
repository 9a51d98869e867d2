import { makeContextKeyFile, padContextKey, readContextKey } from '../audit/index.js';
import { addContextKey, listContextKeys, removeContextKey } from '../modules/monitoring/store/context-keys.js';
import { currentOperator } from './current-operator.js';
import { commandError } from './command-error.js';
import { EXIT_CODES, type CommandResult } from './command-result.js';
import { ledgerUrl, ledgerUrlIn } from './ledger-url.js';
import { parseCall } from './parse-call.js';
import { NO_LEDGER, refuseCall } from './refuse-call.js';

const HELP = `Usage: nestjs-audit-ledger context-key add <name> [--key-file <file>] [--login <login>]… [options]
       nestjs-audit-ledger context-key remove <name> [options]
       nestjs-audit-ledger context-key list [options]

The application signs who changes rows with a key, and the database verifies it. This stores the key in the database. Run it as the owner
of the ledger. To change the key: add the new one, give it to every instance, then remove the old one. Adding and removing are events, and the
application signs which keys the database knows, as an act of the ledger, at its boot and hourly.

  <name>          what the key is called, for example 2026
  --key-file      the file with the key, which the application reads, too; made if it is missing; default: .data/context.key
  --login         a login that may use the key, as often as needed; default: every login
  --admin-url     a superuser, if the ledger belongs to audit_owner
  --database-url  the database; default: AUDIT_DATABASE_URL or DATABASE_URL, also from the file .env
  --schema        the database schema; default: with --admin-url audit, else the one that the ledger is found in
  --by            who does this; default: your user name and this machine
  --help          print this

Examples:
  nestjs-audit-ledger context-key list

Exit code: 0 when it is done, 2 when the command failed.
`;

const KEY_FILE = '.data/context.key';

/** `nestjs-audit-ledger context-key`. Never rejects. */
export async function runContextKey(args: readonly string[]): Promise<CommandResult> {
  try {
    const { values, positionals } = parseCall('context-key', {
      args: [...args],
      allowPositionals: true,
      options: {
        'key-file': { type: 'string', default: KEY_FILE },
        login: { type: 'string', multiple: true },
        'admin-url': { type: 'string' },
        'database-url': { type: 'string' },
        schema: { type: 'string' },
        by: { type: 'string', default: currentOperator() },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) return { exitCode: EXIT_CODES.fine, output: HELP };
    const [task, name, ...others] = positionals;
    const hasName = name !== undefined && name !== '';
    const isKnown = (task === 'list' && name === undefined) || ((task === 'add' || task === 'remove') && hasName);
    if (!isKnown || others.length > 0) return { exitCode: EXIT_CODES.notChecked, errors: HELP };
    const { 'admin-url': adminUrl, 'database-url': databaseUrl, schema } = values;
    const url = await ownerUrl(adminUrl, databaseUrl, schema);
    if (url === undefined) return refuseCall('context-key', [NO_LEDGER]);
    const place = { url, isAdmin: adminUrl !== undefined };
    if (!hasName) return { exitCode: EXIT_CODES.fine, output: describe(await listContextKeys(place)) };
    if (task === 'remove') {
      if (!(await removeContextKey(place, name, values.by)))
        return refuseCall('context-key', [`there is no key ${name}`]);
      return {
        exitCode: EXIT_CODES.fine,
        output: `Removed the key ${name}. Contexts that it signed are forged from now on.\n`,
      };
    }
    const file = values['key-file'];
    const isMade = await makeContextKeyFile(file);
    const padded = padContextKey(readContextKey({ keyFile: file }));
    if (!(await addContextKey(place, { id: name, ...padded, logins: values.login }, values.by)))
      return refuseCall('context-key', [`a key ${name} is stored already; choose another name`]);
    return {
      exitCode: EXIT_CODES.fine,
      output: `${isMade ? `Made the key file ${file}.\n` : ''}Stored the key ${name}.\n`,
    };
  } catch (error) {
    return { exitCode: EXIT_CODES.notChecked, errors: `${commandError(error)}\n` };
  }
}

async function ownerUrl(
  adminUrl: string | undefined,
  databaseUrl: string | undefined,
  schema: string | undefined,
): Promise<string | undefined> {
  if (adminUrl === undefined) return ledgerUrlIn(schema, databaseUrl);
  const ledger = ledgerUrl(databaseUrl);
  if (ledger === undefined) return undefined;
  const admin = Object.assign(new URL(adminUrl), { pathname: new URL(ledger).pathname });
  return ledgerUrlIn(schema, admin.href);
}

function describe(keys: Awaited<ReturnType<typeof listContextKeys>>): string {
  if (keys.length === 0) return 'No key is stored: every row change is unattributed.\n';
  return keys
    .map(({ id, logins, addedAt }) => `${id}  added ${addedAt.toISOString()}  ${logins?.join(', ') ?? 'every login'}\n`)
    .join('');
}
