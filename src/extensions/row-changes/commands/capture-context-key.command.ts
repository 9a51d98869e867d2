import { getErrorCode, makeContextKeyFile, padContextKey, readContextKey } from '../../../audit/nest-free.js';
import { isPostgresUrl, parseAddress } from '../../../monitoring/store/sessions/ledger-address.js';
import { addContextKey, listContextKeys, removeContextKey } from '../context-keys.js';
import { BY_OPTION, type ConnectionOptions, textOption, listOption } from '../../../cli/options.js';
import { defineCommand } from '../../../cli/define-command.js';
import {
  getLedgerUrl,
  resolveLedgerUrl,
  NO_LEDGER,
  configureRowChecks,
  configureRowSigning,
} from '../../../cli/connection/database-url.js';
import { ledgerErrors } from '../../../monitoring/errors/ledger.errors.js';

const KEY_FILE = '.data/context.key';

export const command = defineCommand({
  name: 'capture context-key',
  usage: ['add <name> [--key-file <file>] [options]', 'remove <name> [options]', 'list [options]'],
  about: [
    'The application signs the actor of each row change with a context key, and the database verifies the signature. This command manages the keys in the database; run it as the owner of the ledger. To change the key, add the new one, give it to every instance, then remove the old one. An event records each change. At boot and every hour, the application also signs the list of keys as an act of the ledger.',
  ],
  arguments: [
    ['<action>', 'add, remove or list'],
    ['[name]', 'the name of the key, for example 2026'],
  ],
  options: {
    keyFile: textOption('<file>', 'the application’s key file; made if it is missing; default: .data/context.key'),
    login: listOption('<login>', 'a login that may use the key; default: every login'),
    by: BY_OPTION,
    adminUrl: textOption(
      '<url>',
      'a superuser, if a role audit_owner_… owns the ledger; the default schema is then audit',
    ),
  },
  connects: 'application',
  json: 'for list "keys": [{ "id", "logins", "addedAt" }]; for remove "key"; for add "key", "isMade"',
  examples: ['list', 'add 2026 --key-file .data/context.key'],
  exitCodes: '0 when the command succeeded, 2 when it failed.',
  run: async ({ options, words: [task, name], environment, connection, operator: by, refuse }) => {
    const hasName = name !== undefined && name !== '';
    const isKnown = (task === 'list' && name === undefined) || ((task === 'add' || task === 'remove') && hasName);
    if (!isKnown) refuse('the action must be list, or add or remove with the name of a key');
    const url = (await resolveOwnerUrl(options.adminUrl, connection)) ?? refuse(NO_LEDGER);
    configureRowSigning(url, environment);
    if (hasName) await configureRowChecks(url);
    const database = { url, isAdmin: options.adminUrl !== undefined };
    const asOwner = <Result>(work: Promise<Result>): Promise<Result> =>
      work.catch((error: unknown) => {
        if (database.isAdmin || getErrorCode(error) !== '42501') throw error;
        return refuse('a separate role owns the ledger: name a superuser with --admin-url');
      });
    if (!hasName) {
      const keys = await asOwner(listContextKeys(database));
      return { text: describe(keys), data: { keys } };
    }
    if (task === 'remove') {
      if (!(await asOwner(removeContextKey(database, name, by))))
        refuse(`no key is named ${name}; capture context-key list shows the keys`);
      const text = `Removed the key ${name}. The database now reports contexts with its signature as forged.\n`;
      return { text, data: { key: name } };
    }
    const { keyFile: file = KEY_FILE } = options;
    await asOwner(listContextKeys(database)); // checks whether the login has the rights, before the file is made
    const isMade = await makeContextKeyFile(file);
    const padded = padContextKey(readContextKey({ keyFile: file }));
    const logins = options.login.length === 0 ? undefined : [...options.login];
    if (!(await asOwner(addContextKey(database, { id: name, ...padded, logins }, by))))
      refuse(`a key named ${name} exists already; choose another name`);
    const text = `${isMade ? `Made the key file ${file}.\n` : ''}Stored the key ${name}.\n`;
    return { text, data: { key: name, isMade } };
  },
});

async function resolveOwnerUrl(
  adminUrl: string | undefined,
  connection: ConnectionOptions,
): Promise<string | undefined> {
  if (adminUrl === undefined) return resolveLedgerUrl(connection);
  if (!isPostgresUrl(adminUrl)) throw ledgerErrors.AUDIT_LEDGER_ADDRESS_INVALID.noAddress('--admin-url');
  const ledger = getLedgerUrl(connection);
  if (ledger === undefined) return undefined;
  const admin = Object.assign(parseAddress(adminUrl), { pathname: parseAddress(ledger).pathname });
  return resolveLedgerUrl({ ...connection, databaseUrl: admin.href });
}

function describe(keys: Awaited<ReturnType<typeof listContextKeys>>): readonly string[] {
  if (keys.length === 0) return ['No key is stored: every row change is unattributed.'];
  return keys.map(
    ({ id, logins, addedAt }) => `${id}  added ${addedAt.toISOString()}  ${logins?.join(', ') ?? 'every login'}`,
  );
}
