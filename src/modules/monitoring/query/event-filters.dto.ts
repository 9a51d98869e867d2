import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import {
  ACTOR_TYPES,
  OUTCOMES,
  SEVERITIES,
  type AuditActorType,
  type AuditOutcome,
  type AuditSeverity,
} from '../../../audit/index.js';
import { Must, MustEach } from './query-constraints.js';
import { isByPath, isIpOrRange, isPointer, isText, isTime, isTypeOrPrefix, isWords } from './query-values.js';

type OneOrMore<Value> = Value | readonly Value[];
type Scalar = string | number | boolean | null;

/** Values of fields by their path: `{ 'payment.method': 'card', attempts: 3 }`. Of several values of one field, any will do. */
export type ValuesByPath = Readonly<Record<string, OneOrMore<Scalar>>>;

/** A filter of one value or several, of which any will do. */
function Filter(
  description: string,
  says = 'a text of 1 to 512 characters',
  test: (value: unknown) => boolean = isText,
): PropertyDecorator {
  return all(ApiPropertyOptional({ type: [String], description }), IsOptional(), MustEach(says, test));
}

/** A filter by words of a list. */
function WordFilter(words: readonly string[]): PropertyDecorator {
  const isWord = (value: unknown): boolean => typeof value === 'string' && words.includes(value);
  const says = `one of ${words.join(', ')}`;
  return all(ApiPropertyOptional({ enum: words, isArray: true }), IsOptional(), MustEach(says, isWord));
}

function all(...decorators: readonly PropertyDecorator[]): PropertyDecorator {
  return (target, name) => {
    for (const decorate of decorators) decorate(target, name);
  };
}

function Time(description: string): PropertyDecorator {
  const says = 'a day or an RFC 3339 time, such as 2026-11-20 or 2026-11-20T08:00:00Z';
  return all(ApiPropertyOptional({ type: String, format: 'date-time', description }), IsOptional(), Must(says, isTime));
}

/** Which events: those that every given filter holds for. */
export class EventFilters {
  @Filter(
    'Event type or an alias of it; with * at its end, every type that begins so',
    'an event type such as user_login_failed, or its beginning such as user_*',
    isTypeOrPrefix,
  )
  readonly type?: OneOrMore<string>;

  @Filter('Action')
  readonly action?: OneOrMore<string>;

  @WordFilter(OUTCOMES)
  readonly outcome?: OneOrMore<AuditOutcome>;

  @Filter('Category')
  readonly category?: OneOrMore<string>;

  @WordFilter(SEVERITIES)
  readonly severity?: OneOrMore<AuditSeverity>;

  @Filter('Id of the actor')
  readonly actorId?: OneOrMore<string>;

  @WordFilter(ACTOR_TYPES)
  readonly actorType?: OneOrMore<AuditActorType>;

  @Filter('Id of the tenant')
  readonly tenantId?: OneOrMore<string>;

  @Filter('Type of the resource')
  readonly resourceType?: OneOrMore<string>;

  @Filter('Id of the resource; with * at its end, every id that begins so')
  readonly resourceId?: OneOrMore<string>;

  @Filter('Id of the request')
  readonly requestId?: OneOrMore<string>;

  @Filter("Id of the actor's session")
  readonly sessionId?: OneOrMore<string>;

  @Filter('Id of the trace')
  readonly traceId?: OneOrMore<string>;

  @Filter('IP address, or a range such as 10.0.0.0/8', 'an IP address or a range such as 10.0.0.0/8', isIpOrRange)
  readonly ip?: OneOrMore<string>;

  @ApiPropertyOptional({ type: String, description: 'Words that all occur in the details or the reason, in any case' })
  @IsOptional()
  @Must('one to ten words of at most 512 characters', isWords)
  readonly q?: string;

  @Filter('JSON Pointer of something that changed, such as /status', 'a JSON Pointer such as /status', isPointer)
  readonly changed?: OneOrMore<string>;

  /** As a parameter: `details.<path>=<value>`. */
  @IsOptional()
  @Must('given as details.<path>=<value>, such as details.payment.method=card, at most ten', isByPath)
  readonly details?: ValuesByPath;

  /** As a parameter: `metadata.<path>=<value>`. */
  @IsOptional()
  @Must('given as metadata.<path>=<value>, such as metadata.region=eu, at most ten', isByPath)
  readonly metadata?: ValuesByPath;

  @Time('The time from which on; inclusive')
  readonly from?: string | Date;

  @Time('The time before which')
  readonly to?: string | Date;
}
