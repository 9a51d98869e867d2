import type { AuditEventRegistry } from './audit-event-registry.js';
import type { DetailsByAction, DetailsByType } from './catalogue.generated.js';

/** Every name that the catalogue knows: actions, event types and aliases. */
export type CatalogueName = keyof DetailsByAction | keyof DetailsByType;

/** A catalogue name, a team's own name, or any other of the form `^[a-z][a-z0-9_.:-]{0,127}$`. */
export type AuditEventName = CatalogueName | keyof AuditEventRegistry | (string & Record<never, never>);

/** The details that a name accepts: those of its event type, of all types of an action, or any for a custom name. */
export type DetailsOf<Name> = Name extends keyof DetailsByAction
  ? DetailsByAction[Name]
  : Name extends keyof DetailsByType
    ? DetailsByType[Name]
    : Name extends keyof AuditEventRegistry
      ? AuditEventRegistry[Name]
      : object;
