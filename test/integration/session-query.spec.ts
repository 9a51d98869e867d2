import { describe, expect, it } from '@jest/globals';
import {
  ActionLogger,
  AuditAggregator,
  AuditContext,
  AuditTrail,
  AuthAudit,
  EventLogger,
  type AuditEvent,
  type AuditInput,
} from '../../src/audit/index.js';
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
    expect(await typesAt(`?relatedTo=${viewed}&by=session`)).toEqual(OF_SESSION);
  });

  let expected = 0;
  const context = { session_id: 's-9' };
  const inContext = { userId: 'ada', context };
  const logger = app.get(EventLogger);
  const ways: readonly (readonly [string, (name: string) => Promise<unknown>])[] = [
    ['in the context of a trail', (name) => trail.record(name, inContext)],
    ['in the context of a trail without a user', (name) => trail.record(name, { context })],
    ['in the context of logEvent', (name) => logger.logEvent(name, inContext)],
    ['in the context of record()', (name) => audit.record(name, inContext as AuditInput)],
    ['in the context beside an actor', (name) => audit.record(name, { actor: { id: 'ada' }, context } as AuditInput)],
    ['in the details', (name) => audit.record(name, { actor: { id: 'ada' }, details: { sessionId: 's-9' } })],
    ['in the details of another spelling', (name) => audit.record(name, { details: context })],
    ['in the metadata', (name) => audit.record(name, { metadata: { sessionId: 's-9' } })],
    ['in the metadata of the scope', (name) => AuditContext.run({ metadata: context }, () => audit.record(name))],
    ['beside the own session of the actor', (name) => audit.record(name, { actor: byAdmin, details: context })],
    [
      'beside a resource',
      (name) => trail.record(name, { userId: 'root', resourceType: 'user', resourceId: 'u-7', context }),
    ],
    ['of AuthAudit', (name) => app.get(AuthAudit).custom(name, { userId: 'ada', sessionId: 's-9' })],
    ['of an action', (name) => app.get(ActionLogger).logAction({ adminUserId: 1, action: name, sessionId: 's-9' })],
  ];

  it.each(['user_logout', 'user_login_success', 'user_login_failed', 'order_created'])(
    'are those of %s with the session in any place',
    async (name) => {
      for (const [how, record] of ways) {
        // The tried account is the resource, so that neither place is free.
        if (name === 'user_login_failed' && how === 'beside the own session of the actor') continue;
        expected += 1;
        await record(name);
      }
      expect(await typesAt('?sessionId=s-9&limit=200')).toHaveLength(expected);
    },
  );
});
