import { clause, type Framework } from './framework.js';

export const DORA: Framework = {
  id: 'dora',
  title: 'DORA, technical standard on ICT risk, article 12',
  version: 'Delegated Regulation (EU) 2024/1774',
  prefix: 'dora',
  clauses: [
    clause('12(1)', 'Logging at all', {
      question: 'Are there procedures and tools for logging?',
      checks: ['events.operation', 'person.policy'],
      manual: ['See the procedures, and who keeps to them.'],
    }),
    clause('12(2)(a)', 'Which events, how long', {
      question: 'Is it decided which events are logged, how long they are kept, and how they are handled?',
      checks: ['content.coverage', 'config.kept-limited', 'person.policy'],
    }),
    clause('12(2)(b)', 'Enough detail', {
      question: 'Do entries say enough to find unusual activity?',
      checks: ['content.fields', 'config.watched'],
    }),
    clause('12(2)(c)', 'Kinds of events', {
      question: 'Are access and identity, changes, and operation in the log?',
      checks: [
        'events.authentication',
        'events.access-rights',
        'events.changes',
        'events.errors',
        'person.capacity',
        'person.network',
      ],
      manual: ['Take some events of each kind that happened, and find them in the log.'],
    }),
    clause('12(2)(d)', 'Protection', {
      question: 'Is the log protected from tampering, removal and reading, at rest and on the way?',
      checks: ['integrity.protected', 'integrity.verified', 'integrity.copied', 'person.transport'],
    }),
    clause('12(2)(e)', 'Failures', {
      question: 'Is a failure of the logging noticed?',
      checks: ['config.watched', 'integrity.signed', 'integrity.losses', 'config.not-lost'],
    }),
    clause('12(2)(f)', 'Clocks', {
      question: 'Do all clocks follow one documented, reliable source?',
      checks: ['content.time', 'person.clock-source'],
    }),
    clause('12(3)', 'The period', {
      question: 'Does the period of retention follow from purpose and risk?',
      checks: ['config.kept-limited', 'person.policy'],
    }),
  ],
};
