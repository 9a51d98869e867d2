// An application with JetStream in front of its ledger. Takes its options as JSON, does one run by each line of its input, and answers with a line.
import 'reflect-metadata';
import { createInterface } from 'node:readline';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AuditAggregator, AuditModule } from 'nestjs-audit-ledger';
import { MonitoringModule } from 'nestjs-audit-ledger/monitoring';
import { makeInput, runAsRequest } from '../contenders/typical-event.mjs';

const { spillDir, ...ledger } = JSON.parse(process.argv[2]);
class WriterModule {}
Module({
  imports: [
    AuditModule.forRoot({ spillDir }),
    MonitoringModule.forRootAsync({
      useFactory: () => ({ ...ledger, watch: false, authorize: () => ({ scope: 'all' }) }),
    }),
  ],
})(WriterModule);
const app = await NestFactory.createApplicationContext(WriterModule, { logger: ['error'] });
const audit = app.get(AuditAggregator);
const statuses = {};
const note = ({ providers }) => {
  const { status } = providers.database;
  statuses[status] = (statuses[status] ?? 0) + 1;
};
const record = () => runAsRequest(() => audit.record('order_creation', makeInput())).then(note);

/** As many as possible, by so many callers. */
async function flood(windowMs, callers) {
  const startedMs = performance.now();
  let events = 0;
  const call = async () => {
    for (; performance.now() - startedMs < windowMs; events++) await record();
  };
  await Promise.all(Array.from({ length: callers }, call));
  return { events, ms: performance.now() - startedMs };
}

/** So many a second, evenly; with how long each was waited for, from when it was due. */
async function pace(windowMs, perSecond) {
  const startedMs = performance.now();
  const waits = [];
  const open = [];
  let due = 0;
  while (performance.now() - startedMs < windowMs) {
    for (; (due * 1_000) / perSecond < performance.now() - startedMs; due++) {
      const dueMs = startedMs + (due * 1_000) / perSecond;
      open.push(record().then(() => waits.push(performance.now() - dueMs)));
    }
    await pause(1);
  }
  await Promise.all(open);
  waits.sort((a, b) => a - b);
  const at = (share) => Number(waits[Math.floor((waits.length - 1) * share)].toFixed(1));
  return { events: waits.length, ms: performance.now() - startedMs, p50: at(0.5), p99: at(0.99) };
}

process.stdout.write('ready\n');
for await (const line of createInterface({ input: process.stdin })) {
  const { run, windowMs, rate } = JSON.parse(line);
  const answer = run === 'flood' ? await flood(windowMs, rate) : await pace(windowMs, rate);
  process.stdout.write(`${JSON.stringify({ ...answer, statuses })}\n`);
}
await app.close();
