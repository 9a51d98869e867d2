import { disk } from './disk.mjs';
import { event } from './event.mjs';
import { exported } from './export.mjs';
import { heap } from './heap.mjs';
import { integrity } from './integrity.mjs';
import { entity, express, fastify, transaction } from './http.mjs';
import { latency } from './latency.mjs';
import { nodes } from './nodes.mjs';
import { profile } from './profile.mjs';
import { query } from './query.mjs';
import { record } from './record.mjs';
import { retention } from './retention.mjs';
import { rows } from './rows.mjs';
import { streams } from './streams.mjs';
import { spill } from './spill.mjs';
import { verify } from './verify.mjs';
import { viewer } from './viewer.mjs';
import { watch } from './watch.mjs';

/** What measures each part. */
export const MEASURES = {
  ...{
    express,
    fastify,
    entity,
    transaction,
    latency,
    record,
    rows,
    event,
    heap,
    profile,
    spill,
    integrity,
    disk,
    nodes,
  },
  ...{ query, export: exported, retention, verify, viewer, streams, watch },
};
