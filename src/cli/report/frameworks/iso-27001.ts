import { clause, type Framework } from './framework.js';

export const ISO_27001: Framework = {
  id: 'iso-27001-2022',
  title: 'ISO/IEC 27001',
  version: '2022',
  prefix: 'iso27001',
  clauses: [
    clause('A.8.15', 'Logging', {
      question: 'Are logs of activities, exceptions and faults made, kept, protected and looked at?',
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
      manual: ['See the policy that says what is logged, and for how long.'],
    }),
    clause('A.8.16', 'Monitoring', {
      question: 'Is the system watched for unusual behaviour, and is it judged?',
      checks: ['config.watched', 'config.alerts-answered'],
    }),
    clause('A.8.17', 'Clocks', {
      question: 'Do the clocks follow approved sources?',
      checks: ['content.time', 'person.clock-source'],
    }),
  ],
};
