import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, readFile, stat, statfs } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { AuditCoverage } from '../../../audit/index.js';
import {
  AuditError,
  getErrorCode,
  hasCode,
  listSpill,
  WRITER_KEY_FILE,
  type WriterKeys,
} from '../../../audit/nest-free.js';
import { signRemotely } from '../../proof/log/notes/signed-note.js';
import { PROBE, readLedgerKeys } from '../../proof/signing/ledger-signer.js';
import { DEFAULT_ORIGIN, type SigningOptions } from '../../proof/signing/signing-options.js';
import {
  defineChecks,
  fail,
  ok,
  NO_SPILL_VERDICT,
  splitMessage,
  warn,
  type Check,
  type StatePart,
  type Verdict,
} from '../../store/check.js';
import { assessPublishing, type PublishingDestinations } from '../publishing/destinations.js';

/** The options of `AuditModule` that the checks read. */
interface SpillOptions {
  readonly spillDir: string | undefined;
  readonly writerKeys: WriterKeys;
  readonly maxSpillBytes: number;
}

/** The options of `MonitoringModule` that the checks of files read. */
interface FileOptions extends SigningOptions, PublishingDestinations {
  readonly erasureFile?: string | undefined;
}

/** What the checks of the process and of its files need. */
export interface FileFacts {
  /** The version of Node and the value of NODE_ENV. */
  readonly process: { readonly version: string; readonly mode: string | undefined };
  /** What the scan of an application found. */
  readonly scan: readonly StatePart[];
  readonly options: FileOptions;
  /** Absent if the application has the role `web`, which neither signs nor publishes. */
  readonly seals: true;
  readonly spill: SpillOptions;
  /** The names of the application's audit providers. */
  readonly backends: readonly string[];
  readonly coverage: AuditCoverage;
  /** The file that starts the application. */
  readonly main: string;
  /** Present if a command runs the checks: it may start git, and the application does not make its files at the same time. */
  readonly isCommand: true;
}

const run = promisify(execFile);
const check = defineChecks<FileFacts>();

const MIN_NODE_VERSION = [20, 19] as const;
/** The numbers by which Linux identifies file systems in memory. */
const MEMORY_FILE_SYSTEMS: readonly number[] = [0x01021994, 0x858458f6];
/** The number of a container's file system, which is deleted with the container. */
const CONTAINER_FILE_SYSTEM = 0x794c7630;
const NETWORK_FILE_SYSTEMS: readonly number[] = [0x6969, 0xff534d42, 0xfe534d42];

export const PROCESS_CHECKS: readonly Check<FileFacts>[] = [
  check('node', ['process'], ({ process: { version } }) => {
    const [major = 0, minor = 0] = version.split('.').map(Number);
    const isKnown = major > MIN_NODE_VERSION[0] || (major === MIN_NODE_VERSION[0] && minor >= MIN_NODE_VERSION[1]);
    return isKnown
      ? ok(`Node ${version}.`)
      : fail(`Node ${version} is too old.`, `Install Node ${MIN_NODE_VERSION.join('.')} or later.`);
  }),
  check('mode', ['process'], ({ process: { mode = '' } }) =>
    mode === 'production'
      ? ok('NODE_ENV is production: a missing key is an error.')
      : warn(
          `NODE_ENV is ${mode === '' ? 'not set' : mode}: the application makes a missing key.`,
          'Set NODE_ENV=production for the application and for its commands.',
        ),
  ),
  ...['application', 'options', 'modules'].map((name) =>
    check(name, ['scan'], ({ scan }) => scan.filter((part) => part.name === name)),
  ),
  check('shutdown-hooks', ['main'], async ({ main }) => {
    const text = await readFile(main, 'utf8').catch(() => undefined);
    if (text === undefined)
      return fail(`Cannot read ${main}.`, 'Use --main to name the built file that starts the application.');
    const isProper = /\benableShutdownHooks\s*\(/.test(text) || (text.includes('SIGTERM') && /\.close\s*\(/.test(text));
    if (isProper) return ok(`${main} shuts the application down properly.`);
    return warn(
      `${main} does not call enableShutdownHooks(): on SIGTERM, only five seconds remain to store pending events, and hooks do not run.`,
      'Call app.enableShutdownHooks() before app.listen(), or app.close() on SIGTERM.',
    );
  }),
  check('coverage', ['coverage'], ({ coverage: { checked, missing } }) => {
    const [first] = missing;
    if (!first) return ok(`Routes that change state: ${checked}, each covered.`);
    const example = `${missing.length === 1 ? '' : 'such as '}${first.method} ${first.path}`;
    return warn(
      `Routes that change state: ${checked}, neither @Audited nor @NotAudited: ${missing.length}, ${example}.`,
      'Decorate each route with @Audited or @NotAudited(reason). "nestjs-audit-ledger coverage" with the same file lists all these routes.',
    );
  }),
];

const SET_KEYS_ADVICE =
  'Give the option signingKeyFile or signingKey the lines that "nestjs-audit-ledger keygen --show" prints, the current key first.';

export const FILE_CHECKS: readonly Check<FileFacts>[] = [
  check('key', ['options', 'isCommand'], async ({ options }) => {
    const { signingKeyFile: file, signingKey, signers, origin, role } = options;
    try {
      const keys = await readLedgerKeys(options);
      if (role === 'web') return ok(`This application, with the role web, only verifies signatures of ${origin}.`);
      await signRemotely(PROBE, keys.signers);
      if (signingKey === undefined)
        return ok(`The key in ${file} signs for ${origin}. Keep a copy of this file elsewhere.`);
      return ok(`The option ${signers?.length ? 'signer' : 'signingKey'} signs for ${origin}.`);
    } catch (error) {
      if (!(error instanceof AuditError)) throw error;
      const { message, remedy = '' } = splitMessage(error.message);
      if (!hasCode(error, 'AUDIT_SIGNING_KEY_MISSING')) return fail(message, remedy);
      if (role === 'web')
        return warn(
          'This application, with the role web, has no verifier keys: it shows neither keys nor signed answers.',
          SET_KEYS_ADVICE,
        );
      const restore =
        'If the ledger has events, restore the key from your copy: the ledger does not seal with a new key.';
      return process.env.NODE_ENV === 'production'
        ? fail(message, `${restore} ${remedy}`)
        : warn(`${message} The application makes the key at its first start.`, restore);
    }
  }),
  check('key-mode', ['options'], async ({ options }) => {
    const file = await findKeyFileProblem(options);
    if (file === undefined) return [];
    const { mode } = await stat(file);
    if ((mode & 0o077) === 0) return ok(`Only its owner may read ${file}.`);
    const shown = (mode & 0o777).toString(8).padStart(3, '0');
    return fail(`Users other than its owner may use ${file}: its mode is ${shown}.`, `Run: chmod 600 ${file}`);
  }),
  check('key-repository', ['options', 'isCommand'], async ({ options }) => {
    const file = await findKeyFileProblem(options);
    if (file === undefined) return [];
    const git = (...args: readonly string[]) =>
      run('git', ['-C', dirname(resolve(file)), ...args]).then(Boolean, () => false);
    const name = basename(file);
    if (!(await git('rev-parse', '--is-inside-work-tree'))) return ok(`${file} is not in a git repository.`);
    if (await git('ls-files', '--error-unmatch', name))
      return fail(
        `${file} is committed to git: everybody with the repository can sign checkpoints.`,
        `Make a new key (nestjs-audit-ledger keygen), and run: git rm --cached ${file}`,
      );
    if (await git('check-ignore', '--quiet', name)) return ok(`git ignores ${file}.`);
    return warn(`${file} is in a repository, and git does not ignore it.`, `Add ${file} to .gitignore.`);
  }),
  check('origin', ['options'], ({ options: { origin } }) =>
    origin !== DEFAULT_ORIGIN
      ? ok(`The origin of the ledger is ${origin}.`)
      : warn(
          `The ledger has the default origin, ${origin}: nobody can distinguish its proofs from those of other applications.`,
          'Set the option origin to your own name, such as example.com/audit, before you record the first real event.',
        ),
  ),
  ...(
    [
      ['checkpoint-memory', 'checkpointMemory', 'AUDIT_CHECKPOINT_MEMORY'],
      ['erasure-file', 'erasureFile', 'AUDIT_ERASURE_FILE'],
    ] as const
  ).map(([name, option, variable]) =>
    check(name, ['options', 'seals'], async ({ options }) => {
      const file = options[option];
      if (typeof file !== 'string') return []; // the check of the last checkpoint reads another memory
      const verdict = await assessFolder(dirname(file), { mayBeRemote: true });
      if (verdict.status === 'ok') return verdict;
      const remedy = `Set the option ${option} (${variable}) to a file that the application can write and that all instances share, on a disk that outlives a container. ${verdict.remedy ?? ''}`;
      return { ...verdict, remedy };
    }),
  ),
  check('spill', ['spill'], ({ spill: { spillDir, maxSpillBytes } }) =>
    spillDir === undefined
      ? fail(NO_SPILL_VERDICT.message, NO_SPILL_VERDICT.remedy)
      : assessFolder(spillDir, { bytes: maxSpillBytes }),
  ),
  check('spill-orphans', ['spill', 'backends', 'isCommand'], async ({ spill: { spillDir, writerKeys }, backends }) => {
    // The check of the spill reports problems of its folder.
    const listing = spillDir === undefined ? undefined : await listSpill(spillDir, writerKeys).catch(() => undefined);
    const orphans = (listing?.backends ?? []).filter(({ backend }) => !backends.includes(backend));
    return orphans.map(({ backend, waitingEvents, deadLetters }) =>
      warn(
        `The spill has ${waitingEvents + deadLetters.length} events for the audit provider "${backend}", which the application lacks.`,
        `Register the provider again, or move its files out of ${spillDir}.`,
      ),
    );
  }), // the start of an application names them, too
  check('writer-key', ['spill'], ({ spill: { spillDir, writerKeys } }) => {
    if (spillDir === undefined) return [];
    if (writerKeys.isConfigured) return ok('A key signs the rows of the inbox, and the lines of the spill.');
    return warn(
      `No writerKey is set, so the key that signs the rows of the inbox and the lines of the spill is in the file ${WRITER_KEY_FILE}.`,
      'Set the option writerKey to your own secret: production needs it.',
    );
  }),
  check('checkpoint-file', ['options', 'seals'], ({ options: { checkpointFile } }) =>
    checkpointFile === undefined ? [] : assessFolder(dirname(checkpointFile), { mayBeRemote: true }),
  ),
  check('publishing', ['options', 'seals'], ({ options }) => assessPublishing(options)),
];

/** Returns the key file if the application can use it. Otherwise, the check of the key says why not. */
async function findKeyFileProblem(options: FileOptions): Promise<string | undefined> {
  if (options.signingKey !== undefined || options.role === 'web') return undefined;
  return readLedgerKeys(options).then(
    () => options.signingKeyFile,
    () => undefined,
  );
}

/**
 * Judges whether the current user can write into a folder, and whether the folder is on a disk.
 *
 * @param limits the maximum total size of the folder's files, and whether the folder may be on another machine
 */
async function assessFolder(
  folder: string,
  { bytes = 0, mayBeRemote = false }: { readonly bytes?: number; readonly mayBeRemote?: boolean },
): Promise<Verdict> {
  const path = resolve(folder);
  const at = await findNearestExisting(path);
  try {
    if (!(await stat(at)).isDirectory()) throw Object.assign(new Error('not a folder'), { code: 'ENOTDIR' });
    await access(at, constants.W_OK);
  } catch (error) {
    const seen = getErrorCode(error) === 'ENOTDIR' ? `${at} is a file` : 'this user may not write there';
    return fail(
      `Cannot write into ${folder}: ${seen}.`,
      `Make the folder ${path}, and give it to the user of the application.`,
    );
  }
  const { type, bavail, bsize } = await statfs(at);
  const free = bavail * bsize;
  const system = type >>> 0;
  if (MEMORY_FILE_SYSTEMS.includes(system))
    return fail(`${folder} is in memory (tmpfs): a restart loses its files.`, 'Name a folder on a disk.');
  if (free < bytes) {
    const message = `${folder} has only ${toMebibytes(free)} MiB free, but the spill may need ${toMebibytes(bytes)} MiB.`;
    return warn(message, 'Free disk space, or lower maxSpillBytes.');
  }
  if (system === CONTAINER_FILE_SYSTEM)
    return warn(
      `${folder} is in the layer of a container, and is deleted with the container.`,
      'Mount a volume there.',
    );
  if (NETWORK_FILE_SYSTEMS.includes(system) && !mayBeRemote)
    return warn(`${folder} is on another machine: it needs the network.`, 'Name a folder on a local disk.');
  const space = `${toMebibytes(free)} MiB free`;
  return ok(
    at === path
      ? `${folder} is on a disk with ${space}.`
      : `${folder} does not exist yet: the application creates it at its start. Its disk has ${space}.`,
  );
}

async function findNearestExisting(path: string): Promise<string> {
  const isThere = await stat(path).then(Boolean, () => false);
  return isThere || dirname(path) === path ? path : findNearestExisting(dirname(path));
}

function toMebibytes(bytes: number): number {
  return Math.floor(bytes / 1024 ** 2);
}
