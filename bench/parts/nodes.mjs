import { NODE_MAJOR } from '../schedule.mjs';
import { findNode } from '../measure/node-binaries.mjs';
import { measureRounds } from './measure-rounds.mjs';

/** The bare and the durable route on other versions of Node; the load still comes from this one. */
export async function nodes({ cluster, schedule, majors, log }) {
  const measured = {};
  for (const major of majors) {
    const node = major === NODE_MAJOR ? { version: process.versions.node } : await findNode(major, log);
    if (node === undefined) continue;
    const { version, ...start } = node;
    measured[major] = { version };
    for (const adapter of ['express', 'fastify']) {
      const windows = schedule.nodes;
      measured[major][adapter] = await measureRounds(cluster, schedule, { adapter, windows, node: start, log });
    }
  }
  return measured;
}
