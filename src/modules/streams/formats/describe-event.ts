import type { LedgerEvent } from '../../monitoring/query/ledger-event.js';

/** Describes in one sentence what was done, by whom and to what. */
export function describeEvent({ type, outcome, actor, resource, reason }: LedgerEvent): string {
  const who = actor.name ?? actor.id;
  const what = resource && [resource.type, resource.id].filter((part) => part !== undefined).join(' ');
  return [
    `${type} (${outcome}) by ${who === undefined ? actor.type : `${actor.type} ${who}`}`,
    ...(what === undefined ? [] : [`on ${what}`]),
    ...(reason === undefined ? [] : [`because ${reason}`]),
  ].join(' ');
}
