import type { AuditActorInput, AuditInput } from './audit-input.js';
import { translateCall, type TranslatedCall } from './call-context.js';
import { withBoth } from './either-case.js';
import { INPUT_FIELDS, isFit, isFitInput, isGiven, isPlain, unfitPart } from './input-fields.js';
import { callFieldFor, inputFieldFor, isOfFailure, type CallField } from './field-synonyms.js';
import { hasFields } from './merge-fields.js';
import { readField, readFieldSafely, readSafely } from '../../base/read-safely.js';
import { requestOfScope, type RequestField } from '../../base/event/request-fields.js';

/** A caller's input, translated to an event's fields. */
export interface GivenInput {
  readonly input: AuditInput<unknown>;
  /** The fields of the input that are about the request. */
  readonly request?: Partial<Record<RequestField, unknown>>;
  /**
   * The names of the fields that an event cannot store: unknown fields, and fields with an invalid value. The metadata contain these
   * fields, and the list `unfitFields` of their names.
   */
  readonly unfit: readonly string[];
  /** Whether the input has an error. Without an outcome, an error means a failure. */
  readonly hasFailed: boolean;
}

type CurrentActor = () => AuditActorInput | undefined;

/**
 * Reads any value as an input. Translates the fields of other libraries' calls, without loss. An unknown outcome remains, and means a
 * failure. Returns an input without changes if all its fields are valid. Never throws.
 *
 * @param current returns the actor for an input without an actor
 */
export function readInput(given: unknown, current: CurrentActor = () => undefined): GivenInput {
  if (given instanceof Error) return { input: { error: given }, unfit: [], hasFailed: true };
  if (isFitInput(given)) {
    const input = given as AuditInput<unknown>; // tested above
    return { input, unfit: [], hasFailed: isError(readFieldSafely(input, 'error')) };
  }
  return isGiven(given) ? new InputReader(given).read(current) : { input: {}, unfit: [], hasFailed: false };
}

function isError(error: unknown): boolean {
  return isGiven(error) && error !== false && error !== '';
}

const PARTLY_USED: ReadonlySet<string> = new Set(['outcome', 'actor', 'resource', 'related', 'changes']);

class InputReader {
  private readonly own: Record<string, unknown> = {};
  private readonly call: Partial<Record<CallField, unknown>> = {};
  private readonly strays = new Map<string, unknown>();
  private readonly names: readonly string[];
  private hasFailed = false;

  constructor(private readonly given: unknown) {
    this.names = hasFields(given) ? (readSafely(() => Object.keys(given)) ?? []) : [];
  }

  read(current: CurrentActor): GivenInput {
    const { own, strays } = this;
    for (const name of INPUT_FIELDS) this.takeOwn(name);
    if (this.names.length === 0 && Object.keys(own).length === 0 && strays.size === 0) strays.set('input', this.given);
    for (const name of this.names) if (!INPUT_FIELDS.some((own) => own === name)) this.takeOther(name);
    if (this.hasFailed) own.severity ??= 'error';
    const { input, scope } = this.translate(current);
    const { actor, tenantId } = scope;
    const unfit = [...strays.keys()];
    const metadata = unfit.length === 0 ? own.metadata : this.metadata(unfit);
    return {
      // The event builder accepts any value in a field.
      input: { ...input, actor, tenantId, ...own, metadata } as AuditInput<unknown>,
      request: requestOfScope(scope),
      unfit,
      hasFailed: this.hasFailed || isError(own.error),
    };
  }

  private takeOwn(name: string): void {
    const value = this.valueOf(name);
    if (!isGiven(value)) return;
    const fits = isFit(name, value);
    if (!fits) this.strays.set(name, unfitPart(name, value));
    if (fits || PARTLY_USED.has(name)) this.own[name] = value;
  }

  private takeOther(name: string, value = this.valueOf(name)): void {
    if (!isGiven(value)) return;
    if (name === 'context' && isPlain(value)) {
      for (const field of readSafely(() => Object.keys(value)) ?? [])
        this.takeOther(field, readFieldSafely(value, field));
      return;
    }
    const isPlaced = this.placeInInput(name, value) || this.placeInCall(name, value);
    if (!isPlaced) this.strays.set(name, value);
    this.hasFailed ||= isOfFailure(name);
  }

  private placeInInput(name: string, given: unknown): boolean {
    const { own } = this;
    const [place, value] = inputFieldFor(name, given) ?? [];
    if (place === undefined || own[place] !== undefined) return false;
    const fits = isFit(place, value);
    if (fits || PARTLY_USED.has(place)) own[place] = value;
    return fits;
  }

  private placeInCall(name: string, value: unknown): boolean {
    const { own, call } = this;
    const [place, holder] = callFieldFor(name, value) ?? [];
    if (place === undefined || (holder !== undefined && own[holder] !== undefined)) return false;
    call[place] ??= value;
    return call[place] === value;
  }

  private translate(current: CurrentActor): Pick<TranslatedCall, 'input' | 'scope'> {
    const { username, ...fields } = this.call;
    const acting = current();
    const { scope, input, others } = translateCall(fields, {}, acting);
    for (const [name, value] of Object.entries(others)) this.strays.set(name, value);
    if (username === undefined) return { scope, input };
    if (scope.actor?.id === undefined && acting?.id !== undefined) {
      this.strays.set('username', username); // the name does not belong to the actor
      return { scope, input };
    }
    return { scope: { ...scope, actor: { ...acting, ...scope.actor, name: username as string } }, input }; // `username` may be any value, which the event builder accepts
  }

  /** `unfitFields` comes first, since the last fields may be cut. */
  private metadata(unfit: readonly string[]): unknown {
    const { metadata } = this.own;
    const strays = Object.fromEntries(this.strays);
    const nested = { metadata, unfitFields: unfit, ...strays };
    if (isGiven(metadata) && !isPlain(metadata)) return nested;
    return (
      readSafely(() => {
        const { unfitFields: given, ...fields } = { ...(metadata as Readonly<Record<string, unknown>> | undefined) }; // a plain object, if it is given
        const known: readonly unknown[] = Array.isArray(given) ? given : [];
        const others = known === given || given === undefined ? fields : { ...fields, unfitFields: given };
        return withBoth({ unfitFields: [...new Set([...known, ...unfit])] }, withBoth(others, strays));
      }) ?? nested
    );
  }

  private valueOf(name: string): unknown {
    const { given } = this;
    return hasFields(given) ? readSafely(() => readField(given, name), '[unreadable]') : undefined;
  }
}
