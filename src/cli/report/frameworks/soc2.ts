import { clause, type Framework } from './framework.js';

export const SOC2: Framework = {
  id: 'soc2',
  title: 'SOC 2, trust services criteria',
  version: '2017 (2022 points of focus)',
  prefix: 'soc2',
  clauses: [
    clause('CC6.1', 'Access is limited', {
      question: 'Is access to the system and its data limited, and is an attempt past the limits seen?',
      checks: ['events.authentication', 'events.authorization', 'integrity.protected'],
      manual: ['See the rules of access, and who approved them.'],
    }),
    clause('CC6.2', 'Accounts', {
      question: 'Are accounts made and removed by a procedure, with a trace?',
      checks: ['events.credentials'],
      manual: ['Take some new and some removed accounts, and find their approvals.'],
    }),
    clause('CC6.3', 'Rights', {
      question: 'Are rights granted, changed and withdrawn by a procedure, with a trace?',
      checks: ['events.access-rights'],
      manual: ['Take some changes of roles, and find their approvals and the last review of rights.'],
    }),
    clause('CC7.2', 'Monitoring', {
      question: 'Is the system watched for what is unusual?',
      checks: ['config.watched', 'integrity.verified', 'integrity.signed', 'config.not-lost'],
      manual: ['Talk to those who tune the rules.'],
    }),
    clause('CC7.3', 'Judging what is found', {
      question: 'Does somebody judge what the monitoring finds?',
      checks: ['config.alerts-answered', 'config.reviewed-daily'],
    }),
    clause('CC7.4', 'Answering incidents', {
      question: 'Are incidents answered by a plan?',
      checks: ['config.alerts-answered', 'person.response'],
    }),
    clause('CC8.1', 'Changes', {
      question: 'Do changes of the system leave a trace?',
      checks: ['events.changes', 'config.rows-captured'],
      manual: ['Take some changes, and find their tests and approvals.'],
    }),
  ],
};
