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

export const GDPR: Framework = {
  id: 'gdpr',
  title: 'GDPR',
  version: 'Regulation (EU) 2016/679',
  prefix: 'gdpr',
  clauses: [
    clause('5(1)(e)', 'Storage limitation', {
      question: 'Is personal data in the log kept for no longer than its purpose needs?',
      checks: ['config.kept-limited'],
      manual: ['See the purpose that the period was chosen for.'],
    }),
    clause('15', 'Access', {
      question: 'Can a person get what the log holds about them?',
      checks: ['events.subject-access'],
      manual: ['Run nestjs-audit-ledger subject-report for one person, and see whether it is complete.'],
    }),
    clause('17', 'Erasure', {
      question: 'Is a person’s data erased on request, and can that be shown?',
      checks: ['events.erasures', 'config.erased-in-time', 'integrity.verified'],
      manual: ['Take some requests of persons, and find their erasures, also in other systems.'],
    }),
    clause('30', 'Register (in part)', {
      question: 'Can the register of processing say what the log holds?',
      checks: ['content.coverage', 'person.register'],
    }),
    clause('32', 'Security', {
      question: 'Is the data in the log protected, and is that tested?',
      checks: ['integrity.protected', 'integrity.verified', 'config.not-lost', 'content.secrets'],
      manual: ['See the assessment of risks that the measures follow from.'],
    }),
    clause('33', 'Notice of a breach', {
      question: 'Would a breach be noticed in time to give notice within 72 hours?',
      checks: ['config.watched', 'config.alerts-answered', 'person.breach'],
    }),
  ],
};

export const HIPAA: Framework = {
  id: 'hipaa',
  title: 'HIPAA Security Rule',
  version: '45 CFR 164',
  prefix: 'hipaa',
  clauses: [
    clause('164.312(b)', 'Audit controls', {
      question: 'Does the system record who uses electronic health data, so that it can be examined?',
      checks: [
        'events.data-access',
        'events.authentication',
        'content.fields',
        'content.coverage',
        'integrity.verified',
      ],
      manual: [
        'Name the routes and tables that hold health data, and find them in the log inventory.',
        'The six years of this rule are for documentation. How long the log is kept is for your own policy.',
      ],
    }),
    clause('164.308(a)(1)(ii)(D)', 'Review of activity', {
      question: 'Does somebody look at the records of activity regularly?',
      checks: ['config.reviewed-daily', 'config.watched', 'config.alerts-answered'],
      manual: ['See the procedure of the review, and who is responsible.'],
    }),
  ],
};
