/** A session that did not begin with the settings of its address. */
export class PooledSessionError extends Error {
  constructor() {
    super("a connection pooler dropped the session's settings (the startup parameter options)");
  }
}
