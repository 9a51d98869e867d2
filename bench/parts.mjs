import { disk } from './parts/disk.mjs';
import { event } from './parts/event.mjs';
import { exported } from './parts/export.mjs';
import { httpPart } from './parts/measure-rounds.mjs';
import { idle } from './parts/idle.mjs';
import { integrity } from './parts/integrity.mjs';
import { latency } from './parts/latency.mjs';
import { query } from './parts/query.mjs';
import { record } from './parts/record.mjs';
import { rows } from './parts/rows.mjs';
import { spill } from './parts/spill.mjs';
import { verify } from './parts/verify.mjs';

export const MEASURES = {
  express: httpPart('express'),
  fastify: httpPart('fastify'),
  entity: httpPart('entity'),
  transaction: httpPart('transaction'),
  ...{ latency, record, rows, event, spill, idle, integrity, disk, query, export: exported, verify },
};
