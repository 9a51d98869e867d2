import type { AuditActorInput, AuditInput } from './audit-input.js';
import { translateCall, type TranslatedCall } from './call-context.js';
import { mergeBothCases } from './key-case.js';
import { INPUT_FIELDS, isFit, isFitInput, isPresent, isPlain, findInvalidPart } from './input-fields.js';
import { resolveCallField, resolveInputField, isFailureField, type CallField } from './field-synonyms.js';
import { hasFields } from './merge-fields.js';
import { readField, readFieldSafely, readSafely } from '../../base/read-safely.js';
import { buildScopeRequest, type RequestField } from '../../base/event/request-fields.js';

/** A caller's input, translated to an event's fields. */
export interface SuppliedInput {
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
export function readInput(given: unknown, current: CurrentActor = () => undefined): SuppliedInput {
  if (given instanceof Error) return { input: { error: given }, unfit: [], hasFailed: true };
  if (isFitInput(given)) {
    const input = given as AuditInput<unknown>; // tested above
    return { input, unfit: [], hasFailed: isError(readFieldSafely(input, 'error')) };
  }
  return isPresent(given) ? new InputReader(given).read(current) : { input: {}, unfit: [], hasFailed: false };
}

function isError(error: unknown): boolean {
  return isPresent(error) && error !== false && error !== '';
}

const MERGED_FIELDS: ReadonlySet<string> = new Set(['outcome', 'actor', 'resource', 'related', 'changes']);

class InputReader {
  private readonly own: Record<string, unknown> = {};
  private readonly call: Partial<Record<CallField, unknown>> = {};
  private readonly unknownFields = new Map<string, unknown>();
  private readonly names: readonly string[];
  private hasFailed = false;

  constructor(private readonly given: unknown) {
    this.names = hasFields(given) ? (readSafely(() => Object.keys(given)) ?? []) : [];
  }

  read(current: CurrentActor): SuppliedInput {
    const { own, unknownFields } = this;
    for (const name of INPUT_FIELDS) this.takeOwn(name);
    if (this.names.length === 0 && Object.keys(own).length === 0 && unknownFields.size === 0)
      unknownFields.set('input', this.given);
    for (const name of this.names) if (!INPUT_FIELDS.some((own) => own === name)) this.takeOther(name);
    if (this.hasFailed) own.severity ??= 'error';
    const { input, scope } = this.translate(current);
    const { actor, tenantId } = scope;
    const unfit = [...unknownFields.keys()];
    const metadata = unfit.length === 0 ? own.metadata : this.metadata(unfit);
    return {
      // The event builder accepts any value in a field.
      input: { ...input, actor, tenantId, ...own, metadata } as AuditInput<unknown>,
      request: buildScopeRequest(scope),
      unfit,
      hasFailed: this.hasFailed || isError(own.error),
    };
  }

  private takeOwn(name: string): void {
    const value = this.readValue(name);
    if (!isPresent(value)) return;
    const fits = isFit(name, value);
    if (!fits) this.unknownFields.set(name, findInvalidPart(name, value));
    if (fits || MERGED_FIELDS.has(name)) this.own[name] = value;
  }

  private takeOther(name: string, value = this.readValue(name)): void {
    if (!isPresent(value)) return;
    if (name === 'context' && isPlain(value)) {
      for (const field of readSafely(() => Object.keys(value)) ?? [])
        this.takeOther(field, readFieldSafely(value, field));
      return;
    }
    const isPlaced = this.setInputField(name, value) || this.setCallField(name, value);
    if (!isPlaced) this.unknownFields.set(name, value);
    this.hasFailed ||= isFailureField(name);
  }

  private setInputField(name: string, input: unknown): boolean {
    const { own } = this;
    const [field, value] = resolveInputField(name, input) ?? [];
    if (field === undefined || own[field] !== undefined) return false;
    const fits = isFit(field, value);
    if (fits || MERGED_FIELDS.has(field)) own[field] = value;
    return fits;
  }

  private setCallField(name: string, value: unknown): boolean {
    const { own, call } = this;
    const [field, holder] = resolveCallField(name, value) ?? [];
    if (field === undefined || (holder !== undefined && own[holder] !== undefined)) return false;
    call[field] ??= value;
    return call[field] === value;
  }

  private translate(current: CurrentActor): Pick<TranslatedCall, 'input' | 'scope'> {
    const { username, ...fields } = this.call;
    const acting = current();
    const { scope, input, others } = translateCall(fields, {}, acting);
    for (const [name, value] of Object.entries(others)) this.unknownFields.set(name, value);
    if (username === undefined) return { scope, input };
    if (scope.actor?.id === undefined && acting?.id !== undefined) {
      this.unknownFields.set('username', username); // the name does not belong to the actor
      return { scope, input };
    }
    return { scope: { ...scope, actor: { ...acting, ...scope.actor, name: username as string } }, input }; // `username` may be any value, which the event builder accepts
  }

  /** `unfitFields` comes first, since the last fields may be cut. */
  private metadata(unfit: readonly string[]): unknown {
    const { metadata } = this.own;
    const strays = Object.fromEntries(this.unknownFields);
    const nested = { metadata, unfitFields: unfit, ...strays };
    if (isPresent(metadata) && !isPlain(metadata)) return nested;
    return (
      readSafely(() => {
        const { unfitFields: input, ...fields } = { ...(metadata as Readonly<Record<string, unknown>> | undefined) }; // a plain object, if it is given
        const known: readonly unknown[] = Array.isArray(input) ? input : [];
        const others = known === input || input === undefined ? fields : { ...fields, unfitFields: input };
        return mergeBothCases({ unfitFields: [...new Set([...known, ...unfit])] }, mergeBothCases(others, strays));
      }) ?? nested
    );
  }

  private readValue(name: string): unknown {
    const { given: input } = this;
    return hasFields(input) ? readSafely(() => readField(input, name), '[unreadable]') : undefined;
  }
}
