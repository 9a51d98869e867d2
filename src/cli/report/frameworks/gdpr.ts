import { clause, type Framework } from './framework.js';

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
