import type { AuditActorInput, AuditInput } from './audit-input.js';
import { translateCall, type CallScope, type TranslatedCall } from './call-context.js';
import { withBoth } from './either-case.js';
import { INPUT_FIELDS, isFit, isFitInput, isGiven, isPlain, unfitPart } from './input-fields.js';
import { callPlace, inputPlace, isOfFailure, type CallField } from './input-places.js';
import { hasFields } from './merge-fields.js';
import { readField, readFieldSafely, readSafely } from './read-safely.js';

/** A caller's input, translated to an event's fields. */
export interface GivenInput {
  readonly input: AuditInput<unknown>;
  /** The input's facts about the request. */
  readonly request?: Pick<CallScope, 'ip' | 'userAgent'> & { readonly id?: string };
  /**
   * The names of the fields that have no place in an event, or a value that does not fit. The metadata keep them, and list them as
   * `unfitFields`.
   */
  readonly unfit: readonly string[];
  /** Whether it has an error, which means a failure if no outcome is given. */
  readonly hasFailed: boolean;
}

type CurrentActor = () => AuditActorInput | undefined;

/**
 * Reads any value that a caller gives as an input: fields of other libraries' calls are moved to their place, and nothing is lost. An
 * unknown outcome stays, so that it counts as a failure. For an input with only our field names, it only looks at the names. Never throws.
 *
 * @param current the actor if the input does not name one
 */
export function readInput(given: unknown, current: CurrentActor = () => undefined): GivenInput {
  if (given instanceof Error) return { input: { error: given }, unfit: [], hasFailed: true };
  if (isFitInput(given)) {
    const input = given as AuditInput<unknown>; // tested above
    return { input, unfit: [], hasFailed: isError(readFieldSafely(input, 'error')) };
  }
  return isGiven(given) ? new InputReader(given).read(current) : { input: {}, unfit: [], hasFailed: false };
}

/** Whether a value is an error; `false` and empty values are not. */
function isError(error: unknown): boolean {
  return isGiven(error) && error !== false && error !== '';
}

/** Fields of which the fitting part is used, even if the rest does not fit. */
const PARTLY_USED: ReadonlySet<string> = new Set(['outcome', 'actor', 'resource', 'changes']);

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
    const { actor, tenantId, ip, userAgent, requestId: id } = scope;
    const unfit = [...strays.keys()];
    const metadata = unfit.length === 0 ? own.metadata : this.metadata(unfit);
    return {
      // The event builder accepts any value in a field.
      input: { ...input, actor, tenantId, ...own, metadata } as AuditInput<unknown>,
      request: {
        ...(ip !== undefined && { ip }),
        ...(userAgent !== undefined && { userAgent }),
        ...(id !== undefined && { id }),
      },
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

  private takeOther(name: string): void {
    const value = this.valueOf(name);
    if (!isGiven(value)) return;
    const isPlaced = this.placeInInput(name, value) || this.placeInCall(name, value);
    if (!isPlaced) this.strays.set(name, value);
    this.hasFailed ||= isOfFailure(name);
  }

  private placeInInput(name: string, given: unknown): boolean {
    const { own } = this;
    const [place, value] = inputPlace(name, given) ?? [];
    if (place === undefined || own[place] !== undefined) return false;
    const fits = isFit(place, value);
    if (fits || PARTLY_USED.has(place)) own[place] = value;
    return fits;
  }

  private placeInCall(name: string, value: unknown): boolean {
    const { own, call } = this;
    const [place, holder] = callPlace(name, value) ?? [];
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
      this.strays.set('username', username); // the name of somebody other than the actor
      return { scope, input };
    }
    return { scope: { ...scope, actor: { ...acting, ...scope.actor, name: username as string } }, input }; // or any value
  }

  /** Adds the mark first, so that it is there even if there is no room for all fields. */
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
