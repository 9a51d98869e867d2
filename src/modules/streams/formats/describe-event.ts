import type { LedgerEvent } from '../../monitoring/query/ledger-event.js';

/** What was done, by whom and to what, in one sentence. */
export function describeEvent({ type, outcome, actor, resource, reason }: LedgerEvent): string {
  const who = actor.name ?? actor.id;
  const what = resource && [resource.type, resource.id].filter((part) => part !== undefined).join(' ');
  return [
    `${type} (${outcome}) by ${who === undefined ? actor.type : `${actor.type} ${who}`}`,
    ...(what === undefined ? [] : [`on ${what}`]),
    ...(reason === undefined ? [] : [`because ${reason}`]),
  ].join(' ');
}
