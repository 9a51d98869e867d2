import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';

// Connections that were just closed, or whose process was killed, take a moment to leave the server's list.
const GOODBYE_MS = 1_000;
const POLL_MS = 50;

/**
 * Waits a moment for the other clients of the server to leave.
 *
 * @returns those that stay, as `name (count)`; none when this connection is alone.
 */
export async function waitUntilAlone(client: pg.Client): Promise<string[]> {
  const giveUpAt = performance.now() + GOODBYE_MS;
  for (;;) {
    const others = await listOtherClients(client);
    if (others.length === 0 || performance.now() > giveUpAt) return others;
    await delay(POLL_MS);
  }
}

async function listOtherClients(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string; count: string }>(
    `SELECT coalesce(nullif(application_name, ''), 'unnamed') AS name, count(*) AS count
       FROM pg_stat_activity
      WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
      GROUP BY 1 ORDER BY 1`,
  );
  return rows.map(({ name, count }) => `${name} (${count})`);
}
