import type { Framework } from './framework.js';

export const DORA: Framework = {
  id: 'dora',
  title: 'DORA, technical standard on ICT risk, article 12',
  version: 'Delegated Regulation (EU) 2024/1774',
  prefix: 'dora',
  clauses: [
    {
      id: '12(1)',
      title: 'Logging at all',
      question: 'Are there procedures and tools for logging?',
      checks: ['events.operation', 'person.policy'],
      manual: ['See the procedures, and who keeps to them.'],
    },
    {
      id: '12(2)(a)',
      title: 'Which events, how long',
      question: 'Is it decided which events are logged, how long they are kept, and how they are handled?',
      checks: ['content.coverage', 'config.kept-limited', 'person.policy'],
    },
    {
      id: '12(2)(b)',
      title: 'Enough detail',
      question: 'Do entries say enough to find unusual activity?',
      checks: ['content.fields', 'config.watched'],
    },
    {
      id: '12(2)(c)',
      title: 'Kinds of events',
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
    },
    {
      id: '12(2)(d)',
      title: 'Protection',
      question: 'Is the log protected from tampering, removal and reading, at rest and on the way?',
      checks: ['integrity.protected', 'integrity.verified', 'integrity.copied', 'person.transport'],
    },
    {
      id: '12(2)(e)',
      title: 'Failures',
      question: 'Is a failure of the logging noticed?',
      checks: ['config.watched', 'integrity.signed', 'integrity.losses', 'config.not-lost'],
    },
    {
      id: '12(2)(f)',
      title: 'Clocks',
      question: 'Do all clocks follow one documented, reliable source?',
      checks: ['content.time', 'person.clock-source'],
    },
    {
      id: '12(3)',
      title: 'The period',
      question: 'Does the period of retention follow from purpose and risk?',
      checks: ['config.kept-limited', 'person.policy'],
    },
  ],
};
