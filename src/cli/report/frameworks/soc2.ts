import type { Framework } from './framework.js';

export const SOC2: Framework = {
  id: 'soc2',
  title: 'SOC 2, trust services criteria',
  version: '2017 (2022 points of focus)',
  prefix: 'soc2',
  clauses: [
    {
      id: 'CC6.1',
      title: 'Access is limited',
      question: 'Is access to the system and its data limited, and is an attempt past the limits seen?',
      checks: ['events.authentication', 'events.authorization', 'integrity.protected'],
      manual: ['See the rules of access, and who approved them.'],
    },
    {
      id: 'CC6.2',
      title: 'Accounts',
      question: 'Are accounts made and removed by a procedure, with a trace?',
      checks: ['events.credentials'],
      manual: ['Take some new and some removed accounts, and find their approvals.'],
    },
    {
      id: 'CC6.3',
      title: 'Rights',
      question: 'Are rights granted, changed and withdrawn by a procedure, with a trace?',
      checks: ['events.access-rights'],
      manual: ['Take some changes of roles, and find their approvals and the last review of rights.'],
    },
    {
      id: 'CC7.2',
      title: 'Monitoring',
      question: 'Is the system watched for what is unusual?',
      checks: ['config.watched', 'integrity.verified', 'integrity.signed', 'config.not-lost'],
      manual: ['Talk to those who tune the rules.'],
    },
    {
      id: 'CC7.3',
      title: 'Judging what is found',
      question: 'Does somebody judge what the monitoring finds?',
      checks: ['config.alerts-answered', 'config.reviewed-daily'],
    },
    {
      id: 'CC7.4',
      title: 'Answering incidents',
      question: 'Are incidents answered by a plan?',
      checks: ['config.alerts-answered', 'person.response'],
    },
    {
      id: 'CC8.1',
      title: 'Changes',
      question: 'Do changes of the system leave a trace?',
      checks: ['events.changes', 'config.rows-captured'],
      manual: ['Take some changes, and find their tests and approvals.'],
    },
  ],
};
