export { StreamsModule } from './streams.module.js';
export {
  defineDestination,
  type DefinedDestination,
  type DestinationDefinition,
  type OwnDestination,
} from './define-destination.js';
export type { Acknowledgement, StreamResult, StreamBatch, StreamDestination } from './stream-destination.js';
export type { StreamFilter } from './selection.js';
export type { BatchOptions, StreamOptions, StreamsOptions } from './streams-options.js';
export type { DestinationOptions } from './destinations/destination-types.js';
export type { DatadogDestinationOptions } from './destinations/datadog.destination.js';
export type { ElasticDestinationOptions } from './destinations/elastic.destination.js';
export type { OtlpDestinationOptions } from './destinations/otlp.destination.js';
export type { S3DestinationOptions } from './destinations/s3.destination.js';
export type { SplunkDestinationOptions } from './destinations/splunk.destination.js';
export type { SyslogDestinationOptions } from './destinations/syslog.destination.js';
export type { FileDestinationOptions } from './destinations/file.destination.js';
export type { WebhookDestinationOptions } from './destinations/webhook.destination.js';
