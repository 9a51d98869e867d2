import type { AuditActorType, JsonObject } from '../../../../audit/plain.js';

/** What of an event, or of a row, the attributes that its details decide are made of. */
export interface OcsfSource {
  readonly action: string;
  readonly resource?: OcsfSourceResource | undefined;
  readonly actor: OcsfSourceActor;
  readonly details: JsonObject;
}

export interface OcsfSourceResource {
  readonly type?: string | undefined;
  readonly id?: string | undefined;
}

export interface OcsfSourceActor {
  readonly type: AuditActorType;
  readonly id?: string | undefined;
  readonly name?: string | undefined;
  readonly sessionId?: string | undefined;
}
