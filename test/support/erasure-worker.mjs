/*
 * Tests kill this application while it erases. Input as JSON: ledger options, spill folder, subject, and the point at which the process
 * kills itself.
 */
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ScheduleModule } from '@nestjs/schedule';
import pg from 'pg';
import { AuditAggregator, AuditModule, AuditProvider } from '../../dist/src/audit/index.js';
import { AuditPrivacy, MonitoringModule } from '../../dist/src/monitoring/index.js';
import { LedgerSession } from '../../dist/src/monitoring/store/sessions/ledger-session.js';
import { SubjectEraser } from '../../dist/src/monitoring/keep/lifecycle/erasure/erase-subject.service.js';

const { spillDir, subject, point, ...ledger } = JSON.parse(process.argv[2]);

class Letters {
  record = () => Promise.resolve();
  async eraseSubject({ id }) {
    const client = new pg.Client({ connectionString: ledger.connectionUrl });
    await client.connect();
    const { rowCount } = await client.query(`UPDATE letter SET text = NULL WHERE person = $1 AND text IS NOT NULL`, [
      id,
    ]);
    await client.end();
    if (id === subject.id) dieAt('letters erased');
    return rowCount;
  }
}
AuditProvider({ backend: 'letters' })(Letters);

class WorkerModule {}
Module({
  imports: [
    AuditModule.forRoot({ spillDir }),
    ScheduleModule.forRoot(),
    MonitoringModule.forRootAsync({ useFactory: () => ({ ...ledger, authorize: () => ({ scope: 'all' }) }) }),
  ],
  providers: [Letters],
})(WorkerModule);

let current;
function dieAt(here) {
  if (here === point) process.kill(process.pid, 'SIGKILL');
}

const advance = SubjectEraser.prototype.advance;
SubjectEraser.prototype.advance = async function (session, erasure) {
  const isOurs = erasure.subjectId === subject.id;
  current = isOurs ? erasure.state : undefined;
  if (isOurs) dieAt(`before ${erasure.state}`);
  const next = await advance.call(this, session, erasure);
  if (isOurs && next?.position && next.state === 'erasing') dieAt('a page erased');
  return next;
};
const inTransaction = LedgerSession.prototype.inTransaction;
LedgerSession.prototype.inTransaction = function (work, begin) {
  if (this.role.name !== 'erasure') return inTransaction.call(this, work, begin);
  return inTransaction.call(this, async () => {
    const result = await work();
    dieAt(`before the commit of ${current}`);
    return result;
  });
};

const app = await NestFactory.createApplicationContext(WorkerModule, { logger: ['error', 'warn'] });
const aggregator = app.get(AuditAggregator);
const record = aggregator.record.bind(aggregator);
aggregator.record = async (name, input, options) => {
  const receipt = await record(name, input, options);
  if (input?.resource?.id === subject.id) dieAt('the event recorded');
  return receipt;
};
const by = { type: 'admin', id: 'dpo-1' };
await app.get(AuditPrivacy).erase(subject, { by, reason: 'asked' });
if (point === 'planned') process.kill(process.pid, 'SIGKILL');
await new Promise(() => undefined); // its connections keep it going
