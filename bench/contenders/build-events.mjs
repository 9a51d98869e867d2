// When it gets a message, builds, normalises and redacts the typical event again and again, and stores no event.
import { NestFactory } from '@nestjs/core';
import { AuditModule } from 'nestjs-audit-ledger';
import { EventFactory } from '../../dist/src/audit/event-factory.service.js';
import { rootModule } from './decorate.mjs';
import { makeInput, runAsRequest } from './typical-event.mjs';

const EVENTS_BETWEEN_LOOKS = 1_000;

const root = rootModule({
  imports: [AuditModule.forRoot({ spillDir: false, writerKey: 'of the benchmark and not a secret' })],
});
const app = await NestFactory.createApplicationContext(root, { logger: ['error'], abortOnError: false });
const events = app.get(EventFactory, { strict: false });
const input = makeInput();
process.send({ kind: 'ready' });
process.on('disconnect', () => process.exit(1));
process.on('message', (message) => void (message.kind === 'run' ? run(message) : close()));

function run({ windowMs }) {
  const before = process.cpuUsage();
  let built = 0;
  let used = 0;
  runAsRequest(() => {
    while (used < windowMs * 1_000) {
      for (let event = 0; event < EVENTS_BETWEEN_LOOKS; event++) events.create('order_creation', input);
      built += EVENTS_BETWEEN_LOOKS;
      const { user, system } = process.cpuUsage(before);
      used = user + system;
    }
  });
  process.send({ kind: 'run', microsPerEvent: used / built });
}

async function close() {
  await app.close();
  process.removeAllListeners('disconnect');
  process.disconnect();
}
