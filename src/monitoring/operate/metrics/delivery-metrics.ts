import type { AuditAggregator, DeliveryStatus } from '../../../audit/index.js';
import type { SpillStatus } from '../../../audit/nest-free.js';
import { counter, gauge, type PulledMetric, type PulledValue } from './pulled-metric.js';

type Delivery = Pick<AuditAggregator, 'deliveryStatus' | 'joinedEvents' | 'spill' | 'truncatedEvents'>;
type DeliveryMetric = PulledMetric<Delivery>;

/** Metrics of events since the process started, and of the queues and the spill. A scrape of these metrics needs no database query. */
export const DELIVERY_METRICS: readonly DeliveryMetric[] = [
  events('accepted', "Events that the provider's queue accepted.", 'accepted'),
  events('recorded', 'Events that the provider stored, including replays from the spill.', 'recorded'),
  counter(
    'audit_events_joined_total',
    "Events that the provider wrote in the application's transactions, including those that were rolled back.",
    (delivery) => {
      const joined = delivery.joinedEvents();
      return byProvider(delivery, (_status, backend) => joined.get(backend) ?? 0);
    },
    'provider',
  ),
  events('spilled', 'Events stored in the spill, because the provider could not store them.', 'spilled'),
  events('replayed', 'Events that the provider stored from the spill.', 'replayed'),
  events('failed', 'Lost events: neither the provider nor the spill could store them.', 'failed'),
  events('rejected', 'Events that became dead letters, because the provider refuses them and stores others.', 'buried'),
  counter(
    'audit_events_truncated_total',
    'Events that were shortened to the limit of 60 KiB.',
    ({ truncatedEvents }) => truncatedEvents,
  ),
  ofProvider('audit_queue_waiting_events', 'Events that wait for the provider or are in flight.', 'waiting'),
  ofProvider('audit_queue_in_flight_events', 'Events that were sent to the provider and await its answer.', 'inFlight'),
  gauge(
    'audit_provider_suspended',
    '1 while the provider gets only probes, because it did not answer.',
    (delivery) => byProvider(delivery, ({ state }) => (state === 'suspended' ? 1 : 0)),
    'provider',
  ),
  ofProvider('audit_provider_losing_events', '1 while events that the provider cannot store are lost.', 'losing'),
  ofProvider('audit_spill_pending', '1 while events for the provider wait in the spill.', 'spillPending'),
  gauge(
    'audit_spill_waiting_files',
    "Files in the spill's folder with events for the provider, from all processes.",
    (delivery) => {
      const files = delivery.spill()?.waitingFiles;
      return files && { ...byProvider(delivery, () => 0), ...files };
    },
    'provider',
  ),
  ofProvider(
    'audit_dead_letters',
    "Dead letters in the spill's folder: events that the provider refuses. Replay or drop them by hand.",
    'deadLetters',
  ),
  spill('audit_spill_bytes', "Bytes of all files in the spill's folder.", 'bytes'),
  spill('audit_spill_max_bytes', 'The maximum size of the spill in bytes.', 'maxBytes'),
  spill('audit_spill_full', '1 while the spill refuses events because it is full.', 'full'),
  spill(
    'audit_spill_corrupt_lines',
    'Unreadable lines of the spill, stored in files ending in .corrupt.',
    'corruptLines',
  ),
];

type Counted<Status> = { [Name in keyof Status]-?: Status[Name] extends number | boolean ? Name : never }[keyof Status];

function events(fate: string, help: string, name: Counted<DeliveryStatus>): DeliveryMetric {
  return { ...ofProvider(`audit_events_${fate}_total`, help, name), kind: 'counter' };
}

function ofProvider(metric: string, help: string, name: Counted<DeliveryStatus>): DeliveryMetric {
  return gauge(metric, help, (delivery) => byProvider(delivery, (status) => Number(status[name])), 'provider');
}

function spill(metric: string, help: string, name: Counted<SpillStatus>): DeliveryMetric {
  return gauge(metric, help, (delivery) => {
    const status = delivery.spill();
    return status && Number(status[name]);
  });
}

function byProvider(
  delivery: Delivery,
  read: (status: DeliveryStatus, backend: string) => number,
): Extract<PulledValue, object> {
  const statuses = Object.entries(delivery.deliveryStatus());
  return Object.fromEntries(statuses.map(([backend, status]) => [backend, read(status, backend)]));
}
