import { Counter, Histogram, type Registry } from 'prom-client';
import type { BatchListener } from '../../../audit/index.js';

/** From a commit on a fast disk to the time-out of a provider. */
const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
/** A batch holds 500 at most. */
const EVENTS = [1, 2, 5, 10, 25, 50, 100, 250, 500];

/** Makes the metrics of batches. What is returned counts a batch. */
export function registerBatchMetrics(registry: Registry): BatchListener {
  const registers = [registry];
  const batches = new Counter({
    name: 'audit_batches_total',
    help: 'Batches that the provider was given, by its answer; includes replays and probes.',
    labelNames: ['provider', 'answer'],
    registers,
  });
  const events = new Histogram({
    name: 'audit_batch_events',
    help: 'Events in a batch that the provider stored.',
    labelNames: ['provider'],
    buckets: EVENTS,
    registers,
  });
  const seconds = new Histogram({
    name: 'audit_batch_commit_seconds',
    help: 'Time that the provider takes to store a batch.',
    labelNames: ['provider'],
    buckets: SECONDS,
    registers,
  });
  return ({ backend: provider, events: count, seconds: took, answer }) => {
    batches.inc({ provider, answer: answer === 'timed out' ? 'timed_out' : answer });
    if (answer !== 'stored') return;
    events.observe({ provider }, count);
    seconds.observe({ provider }, took);
  };
}
