import type { Framework } from './framework.js';

export const GDPR: Framework = {
  id: 'gdpr',
  title: 'GDPR',
  version: 'Regulation (EU) 2016/679',
  prefix: 'gdpr',
  clauses: [
    {
      id: '5(1)(e)',
      title: 'Storage limitation',
      question: 'Is personal data in the log kept for no longer than its purpose needs?',
      checks: ['config.kept-limited'],
      manual: ['See the purpose that the period was chosen for.'],
    },
    {
      id: '15',
      title: 'Access',
      question: 'Can a person get what the log holds about them?',
      checks: ['events.subject-access'],
      manual: ['Run nestjs-audit-ledger subject-report for one person, and see whether it is complete.'],
    },
    {
      id: '17',
      title: 'Erasure',
      question: 'Is a person’s data erased on request, and can that be shown?',
      checks: ['events.erasures', 'config.erased-in-time', 'integrity.verified'],
      manual: ['Take some requests of persons, and find their erasures, also in other systems.'],
    },
    {
      id: '30',
      title: 'Register (in part)',
      question: 'Can the register of processing say what the log holds?',
      checks: ['content.coverage', 'person.register'],
    },
    {
      id: '32',
      title: 'Security',
      question: 'Is the data in the log protected, and is that tested?',
      checks: ['integrity.protected', 'integrity.verified', 'config.not-lost', 'content.secrets'],
      manual: ['See the assessment of risks that the measures follow from.'],
    },
    {
      id: '33',
      title: 'Notice of a breach',
      question: 'Would a breach be noticed in time to give notice within 72 hours?',
      checks: ['config.watched', 'config.alerts-answered', 'person.breach'],
    },
  ],
};
