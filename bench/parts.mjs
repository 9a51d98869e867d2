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

/** The function that measures each part, in the order of the parts. */
export const MEASURES = {
  /** Measures the same route with and without an audit, on Express and on Fastify. */
  express: httpPart('express'),
  fastify: httpPart('fastify'),
  /** Measures a route that saves an entity, with and without a history of the entity. */
  entity: httpPart('entity'),
  /** Measures a route that inserts an order in its own transaction, with and without an event in this transaction. */
  transaction: httpPart('transaction'),
  ...{ latency, record, rows, event, spill, integrity, disk, query, export: exported, verify },
};
