import { splitTypeName } from './event-name.js';
import type { ResolvedEventType } from './event-type.js';
import { LISTED_ALIASES } from './listed-event-types.js';

/** Resolves aliases: `login_failed` is another spelling of the event type `user_login_failed`. */
export class EventAliases {
  private readonly types = new Map<string, string>(LISTED_ALIASES);
  private readonly actions = new Map<string, string>();

  constructor(listed: ReadonlyMap<string, ResolvedEventType>) {
    for (const [alias, type] of LISTED_ALIASES) {
      const shortName = splitTypeName(alias)?.action;
      const action = listed.get(type)?.action;
      if (shortName !== undefined && action !== undefined) this.actions.set(shortName, action);
    }
  }

  get names(): Iterable<string> {
    return this.types.keys();
  }

  has(name: string): boolean {
    return this.types.has(name);
  }

  add(alias: string, type: string): void {
    this.types.set(alias, type);
  }

  /** Returns the event type of an alias. Returns any other name unchanged. */
  resolve(name: string): string {
    return this.types.get(name) ?? name;
  }

  /** Returns the action that an alias names without the outcome, for example `user_login` for `login`. Returns any other name unchanged. */
  resolveAction(name: string): string {
    return this.actions.get(name) ?? name;
  }
}
