import { setTimeout as pause } from 'node:timers/promises';
import type { FaultCluster } from './fault-cluster.js';
import { between, type Random } from './random.js';

/** How PostgreSQL goes away and comes back. */
export const DATABASE_RESTARTS = ['stopped fast', 'killed', 'restarted by itself after one killed connection'] as const;

export type DatabaseRestart = (typeof DATABASE_RESTARTS)[number];

const LONGEST_OUTAGE_MS = 3_000;

/** Resolves when it takes connections again; a server that is stopped or killed is away for up to three seconds. */
export async function restartDatabase(cluster: FaultCluster, restart: DatabaseRestart, random: Random): Promise<void> {
  if (restart === 'restarted by itself after one killed connection') return cluster.crashOneBackend();
  await (restart === 'killed' ? cluster.crash() : cluster.stop());
  await pause(between(random, 0, LONGEST_OUTAGE_MS)); // the outage itself
  return cluster.start();
}

/** So many of a list, each as often as the others, in an order that the source of numbers draws. */
export function drawn<Item>(items: readonly Item[], count: number, random: Random): readonly Item[] {
  const found: Item[] = [];
  while (found.length < count) {
    const left = [...items];
    while (left.length > 0) found.push(...left.splice(between(random, 0, left.length), 1));
  }
  return found.slice(0, count);
}
