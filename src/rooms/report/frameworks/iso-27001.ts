import { clause, type Framework } from './framework.js';

export const ISO_27001: Framework = {
  id: 'iso-27001-2022',
  title: 'ISO/IEC 27001',
  version: '2022',
  clauses: [
    clause('A.8.15', 'Logging', {
      question: 'Are logs of activities, exceptions and faults recorded, retained, protected and reviewed?',
      checks: [
        'events.operation',
        'events.errors',
        'content.fields',
        'integrity.protected',
        'integrity.verified',
        'integrity.signed',
        'config.reviewed-daily',
        'config.kept-limited',
      ],
      manual: ['Check the policy on logged events and their retention.'],
    }),
    clause('A.8.16', 'Monitoring', {
      question: 'Is the system monitored for unusual behaviour, and is this behaviour evaluated?',
      checks: ['config.watched', 'config.alerts-answered'],
    }),
    clause('A.8.17', 'Clocks', {
      question: 'Do the clocks follow approved sources?',
      checks: ['content.time', 'person.clock-source'],
    }),
  ],
};
