import type { INestApplication } from '@nestjs/common';
import { ReviewOpener } from '../../src/rooms/watch/review/review-opener.service.js';
import { LedgerClock } from '../../src/monitoring/store/ledger-clock.js';
import { PrimaryReader } from '../../src/monitoring/store/ledger-reader.service.js';
import { eventually } from './eventually.js';

const DAY_MS = 86_400_000;

export async function openReview(app: INestApplication, days = 1): Promise<void> {
  const reader = app.get(PrimaryReader);
  // A day opens only after the first checkpoint.
  await eventually(async () => (await reader.rows('SELECT FROM audit_checkpoint LIMIT 1', [])).length > 0);
  const later = Date.now() + days * DAY_MS;
  const hour = Date.parse(new Date(later).toISOString().slice(0, 10)) + DAY_MS - 1; // the last moment of that day
  app.get(LedgerClock).now = () => hour;
  const opener = app.get(ReviewOpener);
  await opener.run(); // what ran already has the time before
  await opener.run();
}
