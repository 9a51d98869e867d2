import { randomBytes } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readText } from '../server/read-text.js';
import { EmbeddedPasswordsLostError } from './embedded.error.js';
import { systemCode } from './file-system.js';

/** The cluster's two logins. They live inside its data folder, so that the two cannot part. */
export interface Passwords {
  superuser: string;
  app: string;
}

/** Where a data folder keeps its passwords. PostgreSQL ignores files that it does not know. */
export function passwordsFile(data: string): string {
  return join(data, 'embedded-passwords.json');
}

/** New passwords of 192 random bits each, which need no escaping in a URL. */
export function makePasswords(): Passwords {
  const make = (): string => randomBytes(24).toString('base64url');
  return { superuser: make(), app: make() };
}

/** Writes the passwords, readable by the owner alone; on the disk when it resolves. */
export async function writePasswords(data: string, passwords: Passwords): Promise<void> {
  const file = await open(passwordsFile(data), 'wx', 0o600);
  try {
    await file.writeFile(JSON.stringify(passwords));
    await file.sync();
  } finally {
    await file.close();
  }
}

/** @throws EmbeddedPasswordsLostError `EMBEDDED_PASSWORDS_LOST` */
export async function readPasswords(data: string): Promise<Passwords> {
  const path = passwordsFile(data);
  let read: unknown;
  try {
    read = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    // A JSON error repeats the text around the fault, which may be a password.
    throw EmbeddedPasswordsLostError.create(path, systemCode(error) === '' ? undefined : error);
  }
  const superuser = readText(read, 'superuser');
  const app = readText(read, 'app');
  if (superuser === undefined || app === undefined) throw EmbeddedPasswordsLostError.create(path);
  return { superuser, app };
}
