import { InvalidOptionsError } from '../../../audit/plain.js';
import type { DestinationType } from '../stream-destination.js';
import { DATADOG_DESTINATION, type DatadogDestinationOptions } from './datadog.destination.js';
import { ELASTIC_DESTINATION, type ElasticDestinationOptions } from './elastic.destination.js';
import { FILE_DESTINATION, type FileDestinationOptions } from './file.destination.js';
import { KAFKA_DESTINATION, type KafkaDestinationOptions } from './kafka.destination.js';
import { OTLP_DESTINATION, type OtlpDestinationOptions } from './otlp.destination.js';
import { S3_DESTINATION, type S3DestinationOptions } from './s3.destination.js';
import { SPLUNK_DESTINATION, type SplunkDestinationOptions } from './splunk.destination.js';
import { SYSLOG_DESTINATION, type SyslogDestinationOptions } from './syslog.destination.js';
import { WEBHOOK_DESTINATION, type WebhookDestinationOptions } from './webhook.destination.js';

/** The options of any supported destination. */
export type DestinationOptions =
  | DatadogDestinationOptions
  | ElasticDestinationOptions
  | FileDestinationOptions
  | KafkaDestinationOptions
  | OtlpDestinationOptions
  | S3DestinationOptions
  | SplunkDestinationOptions
  | SyslogDestinationOptions
  | WebhookDestinationOptions;

const TYPES = {
  datadog: DATADOG_DESTINATION,
  elastic: ELASTIC_DESTINATION,
  file: FILE_DESTINATION,
  kafka: KAFKA_DESTINATION,
  otlp: OTLP_DESTINATION,
  s3: S3_DESTINATION,
  splunk: SPLUNK_DESTINATION,
  syslog: SYSLOG_DESTINATION,
  webhook: WEBHOOK_DESTINATION,
};

export function destinationTypeOf(options: DestinationOptions): DestinationType<DestinationOptions> {
  return TYPES[options.type] as unknown as DestinationType<DestinationOptions>; // each key of TYPES maps to the type of its own options
}

export function problemsOfDestination(given: unknown): readonly string[] {
  const types = Object.keys(TYPES);
  const { type } = Object(given) as { readonly type?: unknown }; // JavaScript callers may pass any value
  if (typeof type !== 'string' || !types.includes(type)) {
    return [`destination.type is ${String(type)}: use ${types.join(' or ')}`];
  }
  const options = given as DestinationOptions; // checked above
  const kind = destinationTypeOf(options);
  const unknown = InvalidOptionsError.unknownOptions(options, kind.names);
  return [...unknown, ...kind.problems(options)].map((problem) => `destination.${problem}`);
}
