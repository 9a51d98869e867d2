import { describe, expect, it } from '@jest/globals';
import { AuditAggregator, AuditTrail, type AuditEvent } from '../../src/audit/index.js';
import { startLedgerApp } from '../support/ledger-app.js';
import { keptApp, testDatabase } from '../support/index.js';

const database = await testDatabase();
const { app, url } = await keptApp(startLedgerApp(database.url));
const audit = app.get(AuditAggregator);
const trail = app.get(AuditTrail);
const byAdmin = { id: 'root', sessionId: 's-root' };
const { eventId } = await audit.record('data_viewed', { actor: { id: 'ada', sessionId: 's-7' } });
const viewed = eventId;
await trail.record('session_revoked', { userId: 'root', sessionId: 's-root', context: { session_id: 's-7' } });
await trail.record('session_evicted', { userId: 'ada', sessionId: 's-8', context: { session_id: 's-7' } });
await audit.record('user_logout', { actor: { id: 'ada' }, resource: { type: 'session', id: 's-7' } });
await audit.record('data_viewed', { actor: byAdmin, resource: { type: 'order', id: 's-7' } });
async function typesAt(path: string): Promise<readonly string[]> {
  const response = await fetch(`${url}/audit/events${path}`);
  const { items } = (await response.json()) as { readonly items: readonly AuditEvent[] }; // as the API says
  return items.map(({ type }) => type);
}

const OF_SESSION = ['user_logout', 'session_evicted', 'session_revoked', 'data_viewed'];

describe('the events of a session', () => {
  it('are those in it, and those about it', async () => {
    expect(await typesAt('?sessionId=s-7')).toEqual(OF_SESSION);
    expect(await typesAt('?sessionId=s-*&actorId=ada')).toEqual(['user_logout', 'session_evicted', 'data_viewed']);
  });

  it('are none of those that a not-filter leaves out', async () => {
    expect(await typesAt('?sessionId[ne]=s-7&action=data_view')).toEqual(['data_viewed']);
    expect(await typesAt('?sessionId[exists]=false&actorId=ada')).toEqual([]);
  });

  it('are related to each other', async () => {
    expect(await typesAt(`/${viewed}/related?by=session`)).toEqual(OF_SESSION);
  });
});
