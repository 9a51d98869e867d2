import type { ClientBase } from 'pg';

/** A session that did not begin with the settings of its address. */
class PooledSessionError extends Error {
  constructor() {
    super("a connection pooler dropped the session's settings (the startup parameter options)");
  }
}

/** Sees that a session has the role that its address names: behind a pooler, it may have lost it. Rejects as it says. */
export async function requireRole(client: ClientBase, role: string | undefined): Promise<void> {
  if (role === undefined) return;
  const { rows } = await client.query<{ role: string }>(`SELECT current_setting('role') AS role`);
  if (rows[0]?.role !== role) throw new PooledSessionError();
}
