import type { AuditAggregator, DeliveryStatus, SpillStatus } from '../../../audit/index.js';
import type { PulledMetric, PulledValue } from './pulled-metric.js';

type Delivery = Pick<AuditAggregator, 'deliveryStatus' | 'joinedEvents' | 'spill' | 'truncatedEvents'>;
type DeliveryMetric = PulledMetric<Delivery>;

/** What became of events since the start of the process, how the queues are, and the spill. No store is asked. */
export const DELIVERY_METRICS: readonly DeliveryMetric[] = [
  events('accepted', 'Events that the queue of the provider was given.', ({ accepted }) => accepted),
  events(
    'recorded',
    'Events that the provider stored, those replayed from the spill among them.',
    ({ recorded }) => recorded,
  ),
  {
    kind: 'counter',
    name: 'audit_events_joined_total',
    help: "Events that the provider wrote in the application's transactions; a rollback undoes them.",
    label: 'provider',
    read: (delivery) => {
      const joined = delivery.joinedEvents();
      return byProvider(delivery, (_status, backend) => joined.get(backend) ?? 0);
    },
  },
  events('spilled', 'Events kept in the spill, since the provider could not take them.', ({ spilled }) => spilled),
  events('replayed', 'Events that the provider stored from the spill.', ({ replayed }) => replayed),
  events('failed', 'Events that neither the provider nor the spill took: they are lost.', ({ failed }) => failed),
  events(
    'rejected',
    'Events that the provider refuses while it takes others: they became dead letters.',
    ({ buried }) => buried,
  ),
  {
    kind: 'counter',
    name: 'audit_events_truncated_total',
    help: 'Events that lost something to the bound of 60 KiB.',
    read: ({ truncatedEvents }) => truncatedEvents,
  },
  gauge(
    'audit_queue_waiting_events',
    'Events that wait for the provider or are on their way.',
    ({ waiting }) => waiting,
  ),
  gauge('audit_queue_in_flight_events', 'Events on their way to the provider.', ({ inFlight }) => inFlight),
  gauge('audit_queue_blocked_events', 'Events whose callers wait to be let into the queue.', ({ blocked }) => blocked),
  gauge(
    'audit_provider_suspended',
    '1 while the provider gets no events but probes, since it did not answer.',
    (status) => (status.state === 'suspended' ? 1 : 0),
  ),
  gauge('audit_provider_losing_events', '1 while what the provider cannot take is lost.', ({ losing }) =>
    losing ? 1 : 0,
  ),
  gauge('audit_spill_pending', '1 while events for the provider wait in the spill.', ({ spillPending }) =>
    spillPending ? 1 : 0,
  ),
  {
    kind: 'gauge',
    name: 'audit_spill_waiting_files',
    help: "Files of the spill's folder with events for the provider, of any process.",
    label: 'provider',
    read: (delivery) => {
      const files = delivery.spill()?.waitingFiles;
      return files && { ...byProvider(delivery, () => 0), ...files };
    },
  },
  gauge(
    'audit_dead_letters',
    "Dead letters in the spill's folder: events that the provider refuses, to be replayed or dropped by hand.",
    ({ deadLetters }) => deadLetters,
  ),
  spill('audit_spill_bytes', "Bytes of all files in the spill's folder.", ({ bytes }) => bytes),
  spill('audit_spill_max_bytes', 'The most bytes that the spill may hold.', ({ maxBytes }) => maxBytes),
  spill('audit_spill_full', '1 while the spill refuses events for its bound.', ({ full }) => (full ? 1 : 0)),
  spill(
    'audit_spill_corrupt_lines',
    'Lines of the spill that could not be read and are kept in files ending in .corrupt.',
    ({ corruptLines }) => corruptLines,
  ),
];

function events(fate: string, help: string, read: (status: DeliveryStatus) => number): DeliveryMetric {
  return { ...gauge(`audit_events_${fate}_total`, help, read), kind: 'counter' };
}

function gauge(name: string, help: string, read: (status: DeliveryStatus) => number): DeliveryMetric {
  return { kind: 'gauge', name, help, label: 'provider', read: (delivery) => byProvider(delivery, read) };
}

function spill(name: string, help: string, read: (status: SpillStatus) => number): DeliveryMetric {
  return {
    kind: 'gauge',
    name,
    help,
    read: (delivery) => {
      const status = delivery.spill();
      return status && read(status);
    },
  };
}

function byProvider(
  delivery: Delivery,
  read: (status: DeliveryStatus, backend: string) => number,
): Extract<PulledValue, object> {
  const statuses = Object.entries(delivery.deliveryStatus());
  return Object.fromEntries(statuses.map(([backend, status]) => [backend, read(status, backend)]));
}
