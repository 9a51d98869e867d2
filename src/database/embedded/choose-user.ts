import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { EmbeddedUserMissingError } from './embedded.error.js';
import { isAbsence } from './file-system.js';
import { runProgram, type SystemUser } from './run-program.js';

/** Where root keeps what the database's user cannot reach in its own place. */
export const SYSTEM_FOLDER = '/var/lib/nestjs-audit-ledger';

const CANDIDATES = ['postgres', 'nobody'];

// Asking the kernel, as that user, is right where reading mode bits is not: access lists, read-only and network mounts.
const TRY_TO_PASS = 'for p do [ -x "$p" ] || { printf %s "$p"; exit 1; }; done';

/**
 * Whom PostgreSQL is to run as, since it refuses to run as root: the owner of the data that is there, else the user
 * `postgres`, else `nobody`.
 *
 * @param data the cluster's data folder; need not exist.
 * @returns undefined when this process is not root, so that PostgreSQL runs as its user.
 * @throws EmbeddedUserMissingError `EMBEDDED_USER_MISSING`
 */
export async function chooseUser(data: string): Promise<SystemUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const owner = await ownerOf(data);
  if (owner?.uid === 0) throw EmbeddedUserMissingError.create(`${data} belongs to root (chown -R it to another user)`);
  if (owner !== undefined) return owner;
  for (const name of CANDIDATES) {
    const user = await findUser(name);
    if (user !== undefined) return user;
  }
  throw EmbeddedUserMissingError.create(`this machine has none of the users ${CANDIDATES.join(', ')}`);
}

/**
 * The first path, from the root down, that the user may not pass on the way to `path` (itself included).
 *
 * @param path existing, absolute and real (no links).
 * @returns undefined when the way is free.
 */
export async function findBlockingFolder(path: string, user: SystemUser): Promise<string | undefined> {
  const way = [path];
  for (let step = path; step !== dirname(step);) way.unshift((step = dirname(step)));
  const { code, output } = await runProgram('/bin/sh', ['-c', TRY_TO_PASS, 'sh', ...way], user);
  return code === 0 ? undefined : output;
}

async function ownerOf(path: string): Promise<SystemUser | undefined> {
  try {
    const { uid, gid } = await stat(path);
    return { uid, gid, name: await nameOf(uid) };
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}

async function nameOf(uid: number): Promise<string> {
  const { code, output } = await runProgram('id', ['-un', String(uid)]);
  return code === 0 ? output : String(uid);
}

async function findUser(name: string): Promise<SystemUser | undefined> {
  const [uid, gid] = await Promise.all([runProgram('id', ['-u', name]), runProgram('id', ['-g', name])]);
  if (uid.code !== 0 || gid.code !== 0) return undefined;
  return { uid: Number(uid.output), gid: Number(gid.output), name };
}
