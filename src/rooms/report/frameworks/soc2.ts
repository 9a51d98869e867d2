import { clause, type Framework } from './framework.js';

export const SOC2: Framework = {
  id: 'soc2',
  title: 'SOC 2, trust services criteria',
  version: '2017 (2022 points of focus)',
  clauses: [
    clause('CC6.1', 'Access is limited', {
      question: 'Is access to the system and its data limited, and are attempts to exceed the limits detected?',
      checks: ['events.authentication', 'events.authorization', 'integrity.protected'],
      manual: ['Check the access rules, and who approved them.'],
    }),
    clause('CC6.2', 'Accounts', {
      question: 'Are accounts created and removed by a procedure, with a trace?',
      checks: ['events.credentials'],
      manual: ['Choose some new and some removed accounts, and find their approvals.'],
    }),
    clause('CC6.3', 'Rights', {
      question: 'Are rights granted, changed and withdrawn by a procedure, with a trace?',
      checks: ['events.access-rights'],
      manual: ['Choose some changes of roles, and find their approvals and the last review of rights.'],
    }),
    clause('CC7.2', 'Monitoring', {
      question: 'Is the system monitored for unusual activity?',
      checks: ['config.watched', 'integrity.verified', 'integrity.signed', 'config.not-lost'],
      manual: ['Interview the persons who tune the rules.'],
    }),
    clause('CC7.3', 'Evaluation of findings', {
      question: 'Does somebody evaluate the findings of the monitoring?',
      checks: ['config.alerts-answered', 'config.reviewed-daily'],
    }),
    clause('CC7.4', 'Answering incidents', {
      question: 'Are incidents handled according to a plan?',
      checks: ['config.alerts-answered', 'person.response'],
    }),
    clause('CC8.1', 'Changes', {
      question: 'Do changes of the system leave a trace?',
      checks: ['events.changes', 'config.rows-captured'],
      manual: ['Choose some changes, and find their tests and approvals.'],
    }),
  ],
};
