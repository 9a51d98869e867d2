/** What to start and where. */
export interface EmbeddedPostgresOptions {
  /** The folder of the cluster, its log and its address files; made when absent. Relative to the working directory. */
  dir: string;
  /**
   * Whether `dir` is the application's default rather than somebody's wish. As root, a default folder that the
   * database's user cannot reach is replaced by one that it can; a wished one is an error instead.
   */
  dirIsDefault: boolean;
  /**
   * The TCP port on 127.0.0.1.
   *
   * @defaultValue the port of the last start when it is free, else any free one
   */
  port?: number;
  /** Server settings by name, for a server that this call starts; one that already runs keeps its own. */
  serverSettings?: Record<string, string>;
  /** Gets one line at a time, never with a password. */
  log: (message: string) => void;
}

/** A running server that this application uses and may stop. */
export interface EmbeddedPostgres {
  /** Of the role `app`, which owns the database `app` and is not a superuser. Holds the password. */
  url: string;
  /** Of the superuser, to the database `postgres`. Holds the password. */
  superuserUrl: string;
  /** The absolute folder in use; differs from the wished one when that was a default out of reach. */
  dir: string;
  port: number;
  /** Such as `18.4`. */
  version: string;
  /**
   * Stops the server, unless connections of others remain: then it logs that and leaves the server to them.
   * Close your own pools before. Idempotent; when it resolves, the server is down with everything on disk, or was left
   * running.
   *
   * @throws EmbeddedStopFailedError `EMBEDDED_STOP_FAILED`
   */
  stop(): Promise<void>;
}
