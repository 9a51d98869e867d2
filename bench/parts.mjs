import { disk } from './parts/disk.mjs';
import { event } from './parts/event.mjs';
import { exported } from './parts/export.mjs';
import { httpPart } from './parts/measure-rounds.mjs';
import { integrity } from './parts/integrity.mjs';
import { latency } from './parts/latency.mjs';
import { query } from './parts/query.mjs';
import { record } from './parts/record.mjs';
import { rows } from './parts/rows.mjs';
import { spill } from './parts/spill.mjs';
import { verify } from './parts/verify.mjs';

/** What measures each part, in this order. */
export const MEASURES = {
  /** The same route with and without an audit, on Express and on Fastify. */
  express: httpPart('express'),
  fastify: httpPart('fastify'),
  /** A route that saves an entity, with and without a history of it. */
  entity: httpPart('entity'),
  /** A route with a transaction of its own that inserts an order, with an event in it and without. */
  transaction: httpPart('transaction'),
  ...{ latency, record, rows, event, spill, integrity, disk, query, export: exported, verify },
};
