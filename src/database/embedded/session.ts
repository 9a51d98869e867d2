import { Socket } from 'node:net';
import pg from 'pg';
import { readText } from '../server/read-text.js';
import { systemCode } from './file-system.js';
import type { Passwords } from './passwords.js';

// One key for all that must not happen twice at once: preparing role and database, and stopping the server.
const LOCK_KEY = 7_205_759_403;

const GONE = ['57P01', '57P02', '57P03', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE', '08006', '08P01'];

/** The superuser's connection to the database `postgres`. */
export interface Session {
  client: pg.Client;
  /** For `unref` while the session is only held open: a process that forgot to stop the server must still end. */
  socket: Socket;
  passwords: Passwords;
}

/** A session that is not connected yet. */
export function openSession(port: number, passwords: Passwords): Session {
  const socket = new Socket();
  const client = new pg.Client({
    ...{ host: '127.0.0.1', port, user: 'postgres', database: 'postgres', password: passwords.superuser },
    ...{ ssl: false, application_name: 'embedded-postgres', connectionTimeoutMillis: 10_000, stream: () => socket },
  });
  // Between queries a broken connection is only an event, which would end the process; the next query rejects anyway.
  client.on('error', () => undefined);
  return { client, socket, passwords };
}

/** The address of a login, with its password. */
export function writeUrl(user: string, password: string, port: number, database: string): string {
  return `postgres://${user}:${password}@127.0.0.1:${port}/${database}`;
}

/** Runs work while no other application prepares or stops the same server. */
export async function withClusterLock<T>(client: pg.Client, work: () => Promise<T>): Promise<T> {
  await client.query('SELECT pg_advisory_lock($1)', [LOCK_KEY]);
  try {
    return await work();
  } finally {
    // A connection that broke has lost the lock with itself.
    await client.query('SELECT pg_advisory_unlock($1)', [LOCK_KEY]).catch(() => undefined);
  }
}

/** Whether the server went away under the connection, or does not take connections now: a second look tells more. */
export function isServerGone(error: unknown): boolean {
  return GONE.includes(systemCode(error)) || /terminated|timeout/i.test(readText(error, 'message') ?? '');
}
