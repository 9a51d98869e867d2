import { clause, type Framework } from './framework.js';

export const DORA: Framework = {
  id: 'dora',
  title: 'DORA, technical standard on ICT risk, article 12',
  version: 'Delegated Regulation (EU) 2024/1774',
  clauses: [
    clause('12(1)', 'Logging', {
      question: 'Are there procedures and tools for logging?',
      checks: ['events.operation', 'person.policy'],
      manual: ['Check the procedures, and who follows them.'],
    }),
    clause('12(2)(a)', 'Events and retention', {
      question: 'Does a policy define the logged events, their retention and their handling?',
      checks: ['content.coverage', 'config.kept-limited', 'person.policy'],
    }),
    clause('12(2)(b)', 'Enough detail', {
      question: 'Are entries detailed enough to detect unusual activity?',
      checks: ['content.fields', 'config.watched'],
    }),
    clause('12(2)(c)', 'Kinds of events', {
      question: 'Does the log contain events about access and identity, about changes, and about operation?',
      checks: [
        'events.authentication',
        'events.access-rights',
        'events.changes',
        'events.errors',
        'person.capacity',
        'person.network',
      ],
      manual: ['Choose some real actions of each kind, and find them in the log.'],
    }),
    clause('12(2)(d)', 'Protection', {
      question: 'Is the log protected from tampering, deletion and unauthorised access, at rest and in transit?',
      checks: ['integrity.protected', 'integrity.verified', 'integrity.copied', 'person.transport'],
    }),
    clause('12(2)(e)', 'Failures', {
      question: 'Is a failure of the logging detected?',
      checks: ['config.watched', 'integrity.signed', 'integrity.losses', 'config.not-lost'],
    }),
    clause('12(2)(f)', 'Clocks', {
      question: 'Do all clocks follow one documented, reliable source?',
      checks: ['content.time', 'person.clock-source'],
    }),
    clause('12(3)', 'The retention period', {
      question: 'Does the retention period follow from purpose and risk?',
      checks: ['config.kept-limited', 'person.policy'],
    }),
  ],
};

export const GDPR: Framework = {
  id: 'gdpr',
  title: 'GDPR',
  version: 'Regulation (EU) 2016/679',
  clauses: [
    clause('5(1)(e)', 'Storage limitation', {
      question: 'Is personal data in the log retained only as long as its purpose needs?',
      checks: ['config.kept-limited'],
      manual: ['Check the purpose of the chosen period.'],
    }),
    clause('15', 'Access', {
      question: 'Can persons get the data about themselves in the log?',
      checks: ['events.subject-access'],
      manual: ['Run nestjs-audit-ledger subject-report for one person, and check whether the report is complete.'],
    }),
    clause('17', 'Erasure', {
      question: 'Is a person’s data erased on request, and can the erasure be proven?',
      checks: ['events.erasures', 'config.erased-in-time', 'integrity.verified'],
      manual: ['Choose some requests of persons, and find their erasures, also in other systems.'],
    }),
    clause('30', 'Register (in part)', {
      question: 'Does the register of processing activities describe the data in the log?',
      checks: ['content.coverage', 'person.register'],
    }),
    clause('32', 'Security', {
      question: 'Is the data in the log protected, and is the protection tested?',
      checks: ['integrity.protected', 'integrity.verified', 'config.not-lost', 'content.secrets'],
      manual: ['Check the risk assessment behind the measures.'],
    }),
    clause('33', 'Notice of a breach', {
      question: 'Would a breach be detected in time for a notice within 72 hours?',
      checks: ['config.watched', 'config.alerts-answered', 'person.breach'],
    }),
  ],
};

export const HIPAA: Framework = {
  id: 'hipaa',
  title: 'HIPAA Security Rule',
  version: '45 CFR 164',
  clauses: [
    clause('164.312(b)', 'Audit controls', {
      question: 'Does the system record the use of electronic health data, so that it can be examined?',
      checks: [
        'events.data-access',
        'events.authentication',
        'content.fields',
        'content.coverage',
        'integrity.verified',
      ],
      manual: [
        'List the routes and tables with health data, and find them in the log inventory.',
        'The six years of this rule are for documentation. Your own policy defines the retention of the log.',
      ],
    }),
    clause('164.308(a)(1)(ii)(D)', 'Review of activity', {
      question: 'Does somebody review the records of activity regularly?',
      checks: ['config.reviewed-daily', 'config.watched', 'config.alerts-answered'],
      manual: ['Check the procedure of the review, and who is responsible.'],
    }),
  ],
};
