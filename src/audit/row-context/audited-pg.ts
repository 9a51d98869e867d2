import { queueMicrotask } from '../../base/timers.js';
import { AsyncResource } from 'node:async_hooks';
import { EventEmitter } from 'node:events';
import { Stream } from 'node:stream';
import { getCurrentScope, runOutside } from '../context/audit-context.js';
import { bindListeners } from '../context/bind-listeners.js';
import { readContextKey } from './context-key.js';
import { ContextSigner } from './context-signer.js';
import { ContextWire } from './context-wire.js';
import type { PgClient, PgClientClass, Submittable } from './pg-client.types.js';
import { planWrite, type SendMode, type WritePlan } from './plan-write.js';
import { noteUser, warnAboutStrayWrite } from './unjoined-events.js';
import { auditErrors } from '../errors/audit.errors.js';

/** The options of {@link auditedPg}. */
export interface AuditedPgOptions {
  /**
   * The key that signs contexts. It has at least 32 characters. The command `nestjs-audit-ledger capture context-key` stores the same key in the
   * database.
   */
  readonly key?: string | undefined;
  /** The path of a file with the key, instead of `key`. */
  readonly keyFile?: string | undefined;
  /**
   * Matches calls of functions and procedures that change rows, for example `/\b(next_invoice_number|close_month)\(/`. Such a procedure
   * must not end a transaction. By default, a SELECT has no context, and a CALL has a context only in a transaction.
   */
  readonly writingFunctions?: RegExp | undefined;
  /** Whether to extend pg's classes. With `false`, for a disabled ledger, the result is pg's own classes. @defaultValue true */
  readonly enabled?: boolean | undefined;
}

type PgPoolClass = new (...args: never[]) => object;

/** The classes of the package pg. */
export interface PgClasses<Client extends PgClientClass, Pool extends PgPoolClass> {
  readonly Client: Client;
  readonly Pool: Pool;
}

type AnyCall = (...args: unknown[]) => unknown;
type QueryCallback = (error: Error | undefined | null, result?: unknown) => void;

/**
 * Returns pg's `Client` and `Pool`, extended: each writing transaction gets a context with the actor, tenant, request and operation.
 * Triggers read the context by `audit_context()`. The context needs no further round trip.
 *
 *     extra: { Client: auditedPg(pg, { keyFile: '.data/context.key' }).Client }   // of a TypeORM data source
 *     const pool = new (auditedPg(pg, { keyFile: '.data/context.key' }).Pool)({ connectionString });
 *
 * @throws `AUDIT_OPTIONS_INVALID` for a missing or invalid key
 */
export function auditedPg<Client extends PgClientClass, Pool extends PgPoolClass>(
  pg: PgClasses<Client, Pool>,
  options: AuditedPgOptions,
): PgClasses<Client, Pool> {
  if (options.enabled === false) return pg;
  const signer = new ContextSigner(readContextKey(options));
  const AuditedClient = createAuditedClient(pg.Client, signer, options.writingFunctions);
  return { Client: AuditedClient, Pool: createAuditedPool(pg.Pool, AuditedClient) };
}

function getQueryClass(Client: PgClientClass): NonNullable<PgClientClass['Query']> {
  if (!Client.Query)
    throw auditErrors.AUDIT_OPTIONS_INVALID(
      ['it got no Client of `import pg from "pg"`, and supports no pg-native'],
      'Audit',
      'call auditedPg()',
    );
  return Client.Query;
}

function createAuditedClient<Client extends PgClientClass>(
  Client: Client,
  signer: ContextSigner,
  writingFunctions: RegExp | undefined,
): Client {
  const Query = getQueryClass(Client);
  const Base = Client as unknown as new (...args: unknown[]) => PgClient; // a class with `Query` is the client class of pg
  let isWarned = false;

  class AuditedClient extends Base {
    private readonly wire = new ContextWire(this.connection);
    private isHandedOver = false;
    private givenRelease: unknown;

    /**
     * A pool sets `release` when it hands the connection to a caller. The pool then immediately calls the caller's callback, perhaps in the
     * asynchronous context of another request.
     */
    get release(): unknown {
      return this.givenRelease;
    }

    set release(release: unknown) {
      this.givenRelease = release;
      this.isHandedOver = true;
      queueMicrotask(() => this.trustCaller());
    }

    get isInTransaction(): boolean {
      return this.wire.isInTransaction;
    }

    /** Notes that later calls of this client's methods run in the asynchronous context of their callers. */
    trustCaller(): void {
      this.isHandedOver = false;
    }

    /** The connection serves many requests, so its own events belong to none of them. */
    override connect(callback?: unknown): unknown {
      return runOutside(() => super.connect(bindToCaller(callback)));
    }

    override query(input: unknown, values?: unknown, callback?: unknown): unknown {
      if (this.isHandedOver && getCurrentScope()) return runOutside(() => this.query(input, values, callback));
      if (this.isInTransaction) noteUser(this, getCurrentScope());
      const config = bindAnswers(input);
      const plan = this.pipeline === true ? 'reads' : planQuery(config, this, writingFunctions);
      const isRead = plan === 'reads' || (plan === 'calls' && !this.isInTransaction);
      if (isRead) return super.query(config, bindToCaller(values), bindToCaller(callback));
      if (!this.isInTransaction) warnAboutStrayWrite(getCurrentScope());
      if (this.isHandedOver && !isWarned) {
        isWarned = true;
        const { code, message } = auditErrors.AUDIT_POOL_UNATTRIBUTED();
        process.emitWarning(message, { code });
      }
      const scope = getCurrentScope();
      const written = plan === 'calls' ? undefined : signer.getSetting(scope);
      const setting = (): string => written ?? signer.getSetting(scope);
      if (isSubmittable(config)) {
        this.prepend(config, setting, plan);
        return super.query(config, bindToCaller(values), bindToCaller(callback));
      }
      const query = new Query(config, bindToCaller(values), bindToCaller(callback));
      this.prepend(query, setting, plan);
      const timeout = (config as { readonly query_timeout?: unknown }).query_timeout; // planQuery has tested that `config` is a text or an object
      if (timeout !== undefined) Object.assign(query, { query_timeout: timeout });
      if (query.callback) return void super.query(query);
      const result = toPromise(query);
      super.query(query);
      return result;
    }

    private prepend(query: Submittable, setting: () => string, way: SendMode): void {
      const submit = query.submit.bind(query);
      query.submit = (connection) => this.wire.submit(setting, way, () => submit(connection));
    }
  }
  Object.defineProperty(AuditedClient, 'name', { value: 'Client' }); // TypeORM and other libraries print this name
  return AuditedClient as unknown as Client;
}

function createAuditedPool<Pool extends PgPoolClass>(Pool: Pool, Client: PgClientClass): Pool {
  type Connected = (error: unknown, client?: { trustCaller(): void }, release?: unknown) => void;
  const Base = Pool as unknown as new (options: object) => {
    connect(callback?: Connected): unknown;
    newClient(pending: unknown): unknown;
    emit(...event: unknown[]): boolean;
  }; // pg's pool

  class AuditedPool extends Base {
    constructor(options: object = {}) {
      super({ ...options, Client });
    }

    /** Connects. The pool's own `query()` calls this method, too. */
    override connect(callback?: Connected): unknown {
      if (callback === undefined) return super.connect();
      return super.connect(
        AsyncResource.bind((error: unknown, client?: { trustCaller(): void }, release?: unknown) => {
          client?.trustCaller();
          callback(error, client, release);
        }),
      );
    }

    /** Another request's release may have made room for the connection. */
    override newClient(pending: unknown): unknown {
      return runOutside(() => super.newClient(pending));
    }

    override emit(...event: unknown[]): boolean {
      return runOutside(() => super.emit(...event));
    }
  }
  return AuditedPool as unknown as Pool;
}

function bindToCaller(input: unknown): unknown {
  return typeof input === 'function' ? AsyncResource.bind(input as AnyCall) : input; // pg calls it with any arguments
}

/** Binds callbacks and listeners to those who pass them: pg calls them in the context of the connection. */
function bindAnswers(config: unknown): unknown {
  if (typeof config !== 'object' || config === null) return config;
  const { submit, callback } = config as Partial<Submittable>; // any object has readable fields
  const bound = typeof callback === 'function' && { callback: bindToCaller(callback) };
  if (typeof submit !== 'function') return bound ? Object.assign(Object.create(config) as object, bound) : config;
  Object.assign(config, bound);
  if (config instanceof EventEmitter) bindListeners(config as EventEmitter); // the same type, without `any`
  for (const name of ['read', 'close']) {
    const method: unknown = Reflect.get(config, name);
    if (typeof method !== 'function' || config instanceof Stream) continue; // a cursor has these methods
    Reflect.set(config, name, (...args: unknown[]) => method.apply(config, args.map(bindToCaller)) as unknown);
  }
  return config;
}

function planQuery(config: unknown, { connection }: PgClient, writingFunctions: RegExp | undefined): WritePlan {
  if (typeof config === 'string') return planWrite(config, writingFunctions);
  if (typeof config !== 'object' || config === null) return 'reads';
  const { text: own, name, cursor } = config as Submittable; // any object has readable fields
  const text = own ?? (cursor as { readonly text?: unknown } | null | undefined)?.text;
  if (typeof text === 'string') return planWrite(text, writingFunctions);
  const parsed = typeof name === 'string' ? connection.parsedStatements?.[name] : undefined;
  return parsed === undefined ? 'reads' : planWrite(parsed, writingFunctions);
}

function isSubmittable(config: unknown): config is Submittable {
  return typeof (config as Partial<Submittable>).submit === 'function'; // planQuery has tested that `config` is an object or a text
}

async function toPromise(query: Submittable): Promise<unknown> {
  const settled = new Promise((resolve, reject) => {
    const callback: QueryCallback = (error, result) => (error ? reject(error) : resolve(result));
    query.callback = callback;
  });
  try {
    return await settled;
  } catch (error) {
    if (error instanceof Error) Error.captureStackTrace(error);
    throw error;
  }
}
