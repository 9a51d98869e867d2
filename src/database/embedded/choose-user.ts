import { stat } from 'node:fs/promises';
import { EmbeddedUserMissingError } from './embedded.error.js';
import { isAbsence } from './file-system.js';
import { runProgram } from './run-program.js';
import type { SystemUser } from './cluster.types.js';

const CANDIDATES = ['postgres', 'nobody'];

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
