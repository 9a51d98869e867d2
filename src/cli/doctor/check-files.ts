import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, readFile, stat, statfs } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { promisify } from 'node:util';
import { AuditError, errorCode, listSpill, hasCode, WRITER_KEY_FILE, type WriterKeys } from '../../audit/nest-free.js';
import { requestNote } from '../../monitoring/proof/log/notes/signed-note.js';
import { PROBE, readLedgerKeys, type LedgerKeys } from '../../monitoring/proof/signing/ledger-signer.js';
import { splitMessage } from '../../monitoring/store/health-part.js';
import { DEFAULT_ORIGIN } from '../connection/key-of-environment.js';
import { fail, fine, warn, type Check } from './check.js';
import type { LedgerOptions, Subject } from './subject.js';

const run = promisify(execFile);

/** The numbers by which Linux identifies file systems in memory. */
const IN_MEMORY: readonly number[] = [0x01021994, 0x858458f6];
/** The number of a container's file system, which is deleted with the container. */
const OF_A_CONTAINER = 0x794c7630;
const OVER_A_NETWORK: readonly number[] = [0x6969, 0xff534d42, 0xfe534d42];

export async function checkKey(
  ledger: LedgerOptions,
): Promise<{ readonly keys?: LedgerKeys; readonly checks: readonly Check[] }> {
  const { signingKeyFile: file, signingKey, origin } = ledger;
  try {
    const keys = await readLedgerKeys(ledger);
    await requestNote(PROBE, keys.signers);
    if (signingKey !== undefined) {
      const option = ledger.signers?.length ? 'signer' : 'signingKey';
      return { keys, checks: [fine('key', `The option ${option} signs for ${origin}.`), checkOrigin(origin)] };
    }
    const signs = fine('key', `The key in ${file} signs for ${origin}. Keep a copy of this file elsewhere.`);
    return { keys, checks: [signs, await checkMode(file), await checkRepository(file), checkOrigin(origin)] };
  } catch (error) {
    if (!(error instanceof AuditError)) throw error;
    const { says, whatToDo = '' } = splitMessage(error.message);
    const isMissing = hasCode(error, 'AUDIT_SIGNING_KEY_MISSING');
    const restore =
      'If the ledger has events, restore the key from your copy: the ledger does not seal with a new key.';
    const check =
      isMissing && process.env.NODE_ENV !== 'production'
        ? warn('key', `${says} The application makes the key at its first start.`, restore)
        : fail('key', says, isMissing ? `${restore} ${whatToDo}` : whatToDo);
    return { checks: [check, checkOrigin(origin)] };
  }
}

/** Checks whether the application can write the files that a restore must not change. A check of the database reads a memory that is not a file. */
export async function checkMemory({ checkpointMemory, erasureFile }: LedgerOptions): Promise<readonly Check[]> {
  const checks: Check[] = [];
  for (const [name, option, file] of [
    ['checkpoint-memory', 'checkpointMemory (AUDIT_CHECKPOINT_MEMORY)', checkpointMemory],
    ['erasure-file', 'erasureFile (AUDIT_ERASURE_FILE)', erasureFile],
  ] as const) {
    if (typeof file !== 'string') continue;
    const folder = await checkFolder(name, dirname(file), 0, true);
    const whatToDo = `Set the option ${option} to a file that the application can write and that all instances share, on a disk that outlives a container. ${folder.whatToDo ?? ''}`;
    checks.push(folder.status === 'ok' ? folder : { ...folder, whatToDo });
  }
  return checks;
}

async function checkMode(file: string): Promise<Check> {
  const { mode } = await stat(file);
  const isOpen = (mode & 0o077) !== 0;
  const shown = (mode & 0o777).toString(8).padStart(3, '0');
  if (!isOpen) return fine('key-mode', `Only its owner may read ${file}.`);
  return fail(
    'key-mode',
    `Users other than its owner may use ${file}: its mode is ${shown}.`,
    `Run: chmod 600 ${file}`,
  );
}

async function checkRepository(file: string): Promise<Check> {
  const git = (...args: readonly string[]) => run('git', ['-C', dirname(resolve(file)), ...args]);
  const name = basename(file);
  const succeeds = (...args: readonly string[]) => git(...args).then(Boolean, () => false);
  const isInside = await succeeds('rev-parse', '--is-inside-work-tree');
  if (!isInside) return fine('key-repository', `${file} is not in a git repository.`);
  if (await succeeds('ls-files', '--error-unmatch', name)) {
    const whatToDo = `Make a new key (nestjs-audit-ledger keygen), and run: git rm --cached ${file}`;
    return fail(
      'key-repository',
      `${file} is committed to git: everybody with the repository can sign checkpoints.`,
      whatToDo,
    );
  }
  if (await succeeds('check-ignore', '--quiet', name)) return fine('key-repository', `git ignores ${file}.`);
  return warn(
    'key-repository',
    `${file} is in a repository, and git does not ignore it.`,
    `Add ${file} to .gitignore.`,
  );
}

function checkOrigin(origin: string): Check {
  if (origin !== DEFAULT_ORIGIN) return fine('origin', `The origin of the ledger is ${origin}.`);
  const says = `The ledger has the default origin, ${origin}: nobody can distinguish its proofs from those of other applications.`;
  const whatToDo =
    'Set the option origin to your own name, such as example.com/audit, before you record the first real event.';
  return warn('origin', says, whatToDo);
}

/** Checks the spill: its folder, its key, and events for providers that the application lacks. */
export async function checkSpill({ spill, backends }: Subject): Promise<readonly Check[]> {
  if (spill?.spillDir === undefined) {
    const says = 'The application has no spill: while the database cannot be reached, events are lost.';
    return [
      fail('spill', says, 'Set the option spillDir of AuditModule (AUDIT_SPILL_DIR) to a folder on a local disk.'),
    ];
  }
  const { spillDir, writerKeys, maxSpillBytes } = spill;
  const folder = await checkFolder('spill', spillDir, maxSpillBytes);
  const orphans = await orphansIn(spillDir, writerKeys, backends);
  if (writerKeys.isGiven)
    return [folder, ...orphans, fine('writer-key', 'A key signs the rows of the inbox, and the lines of the spill.')];
  const says = `No writerKey is set, so the key that signs the rows of the inbox and the lines of the spill is in the file ${WRITER_KEY_FILE}.`;
  const whatToDo = 'Set the option writerKey to your own secret: production needs it.';
  return [folder, ...orphans, warn('writer-key', says, whatToDo)];
}

async function orphansIn(
  folder: string,
  keys: WriterKeys,
  known: readonly string[] | undefined,
): Promise<readonly Check[]> {
  const listing = known && (await listSpill(folder, keys).catch(() => undefined)); // checkFolder reports problems of the spill's folder
  return (listing?.backends ?? [])
    .filter(({ backend }) => known?.includes(backend) === false)
    .map(({ backend, waitingEvents, deadLetters }) =>
      warn(
        'spill-orphans',
        `The spill has ${waitingEvents + deadLetters.length} events for the audit provider "${backend}", which the application lacks.`,
        `Register the provider again, or move its files out of ${folder}.`,
      ),
    );
}

/**
 * Checks whether the current user can write into a folder, and whether the folder is on a disk.
 *
 * @param bytes the maximum total size of the folder's files
 * @param mayBeRemote whether the folder may be on another machine
 */
export async function checkFolder(name: string, folder: string, bytes = 0, mayBeRemote = false): Promise<Check> {
  const path = resolve(folder);
  const at = await nearestThat(path);
  try {
    if (!(await stat(at)).isDirectory()) throw Object.assign(new Error('not a folder'), { code: 'ENOTDIR' });
    await access(at, constants.W_OK);
  } catch (error) {
    const seen = errorCode(error) === 'ENOTDIR' ? `${at} is a file` : 'this user may not write there';
    return fail(
      name,
      `Cannot write into ${folder}: ${seen}.`,
      `Make the folder ${path}, and give it to the user of the application.`,
    );
  }
  const { type, bavail, bsize } = await statfs(at);
  const free = bavail * bsize;
  if (IN_MEMORY.includes(type >>> 0)) {
    return fail(name, `${folder} is in memory (tmpfs): a restart loses its files.`, 'Name a folder on a disk.');
  }
  if (free < bytes) {
    const says = `${folder} has only ${mebibytes(free)} MiB free, but the spill may need ${mebibytes(bytes)} MiB.`;
    return warn(name, says, 'Free disk space, or lower maxSpillBytes.');
  }
  if (type >>> 0 === OF_A_CONTAINER) {
    return warn(
      name,
      `${folder} is in the layer of a container, and is deleted with the container.`,
      'Mount a volume there.',
    );
  }
  if (OVER_A_NETWORK.includes(type >>> 0) && !mayBeRemote) {
    return warn(name, `${folder} is on another machine: it needs the network.`, 'Name a folder on a local disk.');
  }
  if (at !== path)
    return fine(
      name,
      `${folder} does not exist yet: the application creates it at its start. Its disk has ${mebibytes(free)} MiB free.`,
    );
  return fine(name, `${folder} is on a disk with ${mebibytes(free)} MiB free.`);
}

async function nearestThat(path: string): Promise<string> {
  const isThere = await stat(path).then(Boolean, () => false);
  return isThere || dirname(path) === path ? path : nearestThat(dirname(path));
}

function mebibytes(bytes: number): number {
  return Math.floor(bytes / 1024 ** 2);
}

/** Checks whether the file that starts the application also shuts the application down properly. The check only reads the file. */
export async function checkShutdown(file: string | undefined): Promise<readonly Check[]> {
  if (file === undefined) return [];
  const text = await readFile(file, 'utf8').catch(() => undefined);
  const whatToDo = 'Call app.enableShutdownHooks() before app.listen(), or app.close() on SIGTERM.';
  if (text === undefined) {
    return [
      fail('shutdown-hooks', `Cannot read ${file}.`, 'Use --main to name the built file that starts the application.'),
    ];
  }
  if (/\benableShutdownHooks\s*\(/.test(text) || (text.includes('SIGTERM') && /\.close\s*\(/.test(text))) {
    return [fine('shutdown-hooks', `${file} shuts the application down properly.`)];
  }
  const says = `${file} does not call enableShutdownHooks(): on SIGTERM, only five seconds remain to store pending events, and hooks do not run.`;
  return [warn('shutdown-hooks', says, whatToDo)];
}
