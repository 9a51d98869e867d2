import { Socket } from 'node:net';
import pg from 'pg';
import { ledgerErrors } from '../../errors/ledger.errors.js';
import type { InboxKeys } from '../inbox-keys.js';
import { NO_SEQUENCER } from '../store-options.js';
import { setImmediate } from '../../../base/timers.js';
import { canonicalJson } from '../../../base/json/canonical-json.js';
import { parseJson } from '../../../base/json/parse-json.js';

/** The configuration of `pg.Client`, with an optional function that returns the password. */
export interface LedgerClientConfig extends pg.ClientConfig {
  readonly askPassword?: ((login: string) => string | Promise<string>) | undefined;
}

/** The keys for rows of the inbox, by address, as for `PASSWORDS`. */
export const WRITERS = new Map<string, InboxKeys>();

/**
 * A database client that gets its password from `askPassword`, if given, each time it connects. If `askPassword` is given, a password in
 * the connection URL is ignored.
 */
export class LedgerClient extends pg.Client {
  constructor(config: LedgerClientConfig = {}) {
    super(config);
    const { askPassword } = config;
    // The password function is set after pg's constructor, which would prefer even an empty password in the address.
    if (askPassword) Object.assign(this, { password: () => askPassword(this.user ?? '') });
  }
}

/** A server that hangs ends no connection. Destroying its sockets ends all waits for the server. */
const open = new Map<string, Set<Socket>>();
const muteUntilMs = new Map<string, number>();

/** The longest part of a shutdown that may still try to connect. */
const MUTE_MS = 10_000;

/**
 * Makes the socket of a new connection to `address`. While the address is silent, the connection fails at once.
 *
 * @throws `AUDIT_ROLE_CANNOT_SIGN` instead of a connection by the sequencer's login in a process with the role `web`
 */
export function openSocket(address: string): Socket {
  if (address === NO_SEQUENCER) throw ledgerErrors.AUDIT_ROLE_CANNOT_SIGN.ofWeb();
  const socket = new Socket();
  const sockets = open.get(address) ?? new Set();
  open.set(address, sockets.add(socket));
  socket.once('close', () => {
    sockets.delete(socket);
    if (sockets.size === 0 && open.get(address) === sockets) open.delete(address);
  });
  if (performance.now() < (muteUntilMs.get(address) ?? 0)) setImmediate(() => socket.destroy());
  else muteUntilMs.delete(address);
  return socket;
}

/** Ends all connections to a server that does not answer. Until the end of the shutdown, nobody waits for the server again. */
export function muteReports(address: string): void {
  muteUntilMs.set(address, performance.now() + MUTE_MS);
  for (const socket of open.get(address) ?? []) socket.destroy();
}

const JSON_TYPE = 114;
const JSONB_TYPE = 3802;
const JSON_TYPES: readonly number[] = [JSON_TYPE, JSONB_TYPE];

/** The option `types` of a client. {@link parseJson} parses JSON columns; all other columns have the client's parsers. */
export const EXACT_JSON: pg.CustomTypesConfig = {
  getTypeParser: (id: number, format?: 'text' | 'binary'): unknown =>
    JSON_TYPES.includes(id) && format !== 'binary' ? parseJson : pg.types.getTypeParser(id, format), // eslint-disable-line @typescript-eslint/no-unsafe-enum-assignment -- there are more types than the enum has
};

/** These parsers make a verification independent of the application's parsers and the session's settings. */
const PARSERS: ReadonlyMap<number, (value: string) => unknown> = new Map<number, (value: string) => unknown>([
  [16, (value) => value === 't'],
  [17, (value) => Buffer.from(value.slice(2), 'hex')],
  [20, Number],
  [21, Number],
  [23, Number],
  [JSON_TYPE, readCanonical],
  [JSONB_TYPE, (value) => parseJson(value)],
]);

/** JSON that is not canonical, such as an object that repeats a name, stays a text, so that its hash differs. */
function readCanonical(text: string): unknown {
  const value = parseJson(text);
  try {
    return canonicalJson(value) === text ? value : text;
  } catch {
    return value; // the recomputation of the leaf hash refuses a value without a canonical form
  }
}

const TEXT = (value: string): string => value;

/** The option `types` of a database client for verification. Whole numbers, booleans, bytes and JSON are parsed; other values stay text. */
export const VERIFIED_TYPES = { getTypeParser: (id: number): unknown => PARSERS.get(id) ?? TEXT };
