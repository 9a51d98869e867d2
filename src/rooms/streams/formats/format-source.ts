import type { LedgerEvent } from '../../../monitoring/read/query/ledger-event.js';

export interface FormatSource {
  /** The name of the ledger, such as `audit.example.com/shop`. */
  readonly origin: string;
  readonly version: string;
}

/** The vendor and the product in the formats. */
export const PRODUCT = 'nestjs-audit-ledger';

/** Describes an event in one sentence: the action, the actor and the resource. */
export function describeEvent({ type, outcome, actor, resource, reason }: LedgerEvent): string {
  const who = actor.name ?? actor.id;
  const what = resource && [resource.type, resource.id].filter((part) => part !== undefined).join(' ');
  return [
    `${type} (${outcome}) by ${who === undefined ? actor.type : `${actor.type} ${who}`}`,
    ...(what === undefined ? [] : [`on ${what}`]),
    ...(reason === undefined ? [] : [`because ${reason}`]),
  ].join(' ');
}
