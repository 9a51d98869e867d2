import { createHash } from 'node:crypto';
import {
  countActors,
  loadedSpan,
  getRequestNumber,
  RESOURCE_TYPES,
  getResourceNumber,
  TENANTS,
  TYPES,
} from './load-ledger.mjs';

const EVERYTHING = { scope: 'all' };
const PAGE = 50;
const DEEP = 1_000;
const DAY_MS = 86_400_000;

const below = (count) => Math.floor(Math.random() * count);
const aTenant = () => `tenant-${1 + below(TENANTS)}`;
const question = (filters, access = EVERYTHING) => ({ access, query: { ...filters, limit: PAGE } });

/** All tenants, actors and types are drawn with equal probability, so most of the drawn ones have few events. */
export const SHAPES = {
  'newest 50 of a tenant': () => () => question({ tenantId: aTenant() }),
  'newest 50 of a tenant, asked by its auditor': () => () => question({}, { scope: 'tenants', tenantIds: [aTenant()] }),
  'by actor, within 30 days':
    ({ events }) =>
    () => {
      const { fromMs, toMs } = loadedSpan();
      const sinceMs = fromMs + below(toMs - fromMs - 30 * DAY_MS);
      return question({
        ...{ actorId: `user-${below(countActors(events))}`, from: iso(sinceMs), to: iso(sinceMs + 30 * DAY_MS) },
      });
    },
  'by resource':
    ({ events }) =>
    () => {
      const number = getResourceNumber(below(events));
      return question({
        ...{ resourceType: RESOURCE_TYPES[number % RESOURCE_TYPES.length], resourceId: `resource-${number}` },
      });
    },
  'by type and outcome': () => () => {
    const { type, outcome } = TYPES[below(TYPES.length)];
    return question({ type, outcome });
  },
  'by request id':
    ({ events }) =>
    () =>
      question({
        requestId: createHash('md5')
          .update(String(getRequestNumber(below(events))))
          .digest('hex'),
      }),
  'page 1,000 and deeper, by cursor': walkDeep,
};

function walkDeep({ events, ask }) {
  const deep = Math.min(DEEP, Math.floor(events / 1_000)); // a small ledger does not have so many pages
  let cursor;
  let page = 0;
  const turn = async () => {
    const { nextCursor } = await ask(question({ tenantId: 'tenant-1', ...(cursor && { cursor }) }));
    cursor = nextCursor ?? undefined;
    page = cursor === undefined ? 0 : page + 1;
  };
  return async () => {
    do await turn();
    while (page < deep);
    return question({ tenantId: 'tenant-1', cursor });
  };
}

function iso(ms) {
  return new Date(ms).toISOString();
}
