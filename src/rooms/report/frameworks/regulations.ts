import { clause, type Framework } from '../check.js';
import { ASVS, ISO_27001, PCI_DSS, SOC2 } from './standards.js';

const DORA: Framework = {
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

const GDPR: Framework = {
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

const HIPAA: Framework = {
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
        'List the routes and tables with health data, and find their events in an export.',
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

const NIST_800_53: Framework = {
  id: 'nist-800-53r5',
  title: 'NIST SP 800-53, family AU',
  version: 'Revision 5',
  clauses: [
    clause('AU-2', 'Logged events', {
      question: 'Does a policy define the logged events, with reasons?',
      checks: ['content.coverage', 'events.operation', 'person.policy'],
      manual: ['Compare the event types that events.operation counts with the policy.'],
    }),
    clause('AU-3', 'Content', {
      question: 'Does each entry have event type, time, origin, actor and outcome?',
      checks: ['content.fields'],
    }),
    clause('AU-4', 'Capacity', { question: 'Is there enough storage for the log?', checks: ['person.capacity'] }),
    clause('AU-5', 'Failures', {
      question: 'Is somebody alerted when logging fails, and does the system react as defined?',
      checks: ['config.watched', 'config.not-lost', 'integrity.losses', 'integrity.signed'],
    }),
    clause('AU-6', 'Review', {
      question: 'Is the log reviewed, analysed and reported on?',
      checks: ['config.reviewed-daily', 'config.watched', 'config.alerts-answered'],
    }),
    clause('AU-7', 'Reduction and reports', {
      question: 'Can the log be searched and reported on without changing it?',
      checks: ['events.log-access', 'integrity.verified'],
      manual: ['Search the log for a known event, and check whether it is found.'],
    }),
    clause('AU-8', 'Time', {
      question: 'Are times in UTC, with the defined precision?',
      checks: ['content.time', 'person.clock-source'],
    }),
    clause('AU-9', 'Protection', {
      question: 'Is the log protected from unauthorised reads, changes and deletion, and is somebody alerted?',
      checks: [
        'integrity.protected',
        'integrity.verified',
        'integrity.outside',
        'config.watched',
        'person.access-list',
      ],
    }),
    clause('AU-10', 'Non-repudiation', {
      question: 'Is it impossible for a person to deny a recorded action?',
      checks: ['integrity.signed', 'integrity.verified', 'content.fields'],
      manual: ['Check how people are identified before they act.'],
    }),
    clause('AU-11', 'Retention', {
      question: 'Is the log retained for the defined period?',
      checks: ['config.kept-a-year', 'person.policy'],
    }),
    clause('AU-12', 'Recording', {
      question: 'Do all parts of the system record the defined entries?',
      checks: ['events.operation', 'content.coverage', 'integrity.losses'],
      manual: [
        'Compare the event types that events.operation counts with the defined events, and cause some of them in each part of the system.',
      ],
    }),
  ],
};

/** The frameworks of a report, in the order of the help. */
export const FRAMEWORKS: readonly Framework[] = [PCI_DSS, SOC2, ISO_27001, HIPAA, NIST_800_53, ASVS, GDPR, DORA];
