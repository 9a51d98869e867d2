import type { LedgerEvent } from '../../monitoring/query/ledger-event.js';

/** The facts about the ledger in a format. */
export interface FormatSource {
  /** The name of the ledger, such as `audit.example.com/shop`. */
  readonly origin: string;
  readonly version: string;
}

/** The name of the package, which the formats give as vendor and as product. */
export const PRODUCT = 'nestjs-audit-ledger';

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
