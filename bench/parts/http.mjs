import { measureFloor } from './floor.mjs';
import { measureRounds } from './measure-rounds.mjs';
import { measureRowParts } from './row-parts.mjs';

/** The same route with and without an audit, on Express. */
export const express = ({ cluster, schedule, log }) => withFloor(cluster, schedule, 'express', log);

/** The same on Fastify. */
export const fastify = ({ cluster, schedule, log }) => withFloor(cluster, schedule, 'fastify', log);

/** A route that saves an entity, with and without a history of it. */
export const entity = ({ cluster, schedule, log }) =>
  measureRounds(cluster, schedule, { adapter: 'express', windows: schedule.entity, log });

/** A route with a transaction of its own that inserts an order, with an event in it and without. */
export const transaction = ({ cluster, schedule, log }) =>
  measureRounds(cluster, schedule, { adapter: 'express', windows: schedule.transaction, log });

/** And what merely storing the same rows costs PostgreSQL, in batches of the size that the durable contender made. */
async function withFloor(cluster, schedule, adapter, log) {
  const measured = await measureRounds(cluster, schedule, { adapter, windows: schedule[adapter], log });
  const batch = Math.max(1, Math.round(measured.durable.rowsPerCommit));
  measured.durable.floor = await measureFloor(cluster, schedule, batch);
  measured.durable.floor.byRequests = await measureRowParts(cluster, schedule, adapter);
  return measured;
}
