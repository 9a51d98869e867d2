import { check, found, type ReportCheck } from '../check.js';

function attestation(id: string, title: string, whatToDo: string): ReportCheck {
  return check(`person.${id}`, 'attestation', title, {
    proves: 'Nothing by itself: a person has to check this point and report the result.',
    doesNotProve: 'Facts that are not in the ledger.',
    query: () => whatToDo,
    look: () => found('manual', whatToDo),
  });
}

export const ATTESTATIONS: readonly ReportCheck[] = [
  attestation(
    'access-list',
    'Who may read the log',
    'Compare the persons who may read the log, in the application and in the database, with those who need to.',
  ),
  attestation(
    'clock-source',
    'The time source of the servers',
    'Check the time service of each server: its sources, and who may change them.',
  ),
  attestation(
    'response',
    'The response to failures of the logging',
    'Check the records of the last failures: when they were found, how they were corrected, and how they are prevented.',
  ),
  attestation(
    'policy',
    'The policy of logging',
    'Check the document that defines which events are logged, how long they are retained, and who reviews them.',
  ),
  attestation(
    'risk',
    'The review of other logs',
    'Check the risk analysis that defines how often the logs of other systems are reviewed.',
  ),
  attestation(
    'error-pages',
    'The content of error responses',
    'Cause an unexpected error, and check that the response reveals no internal details.',
  ),
  attestation(
    'transport',
    'The encryption of connections',
    'Check that the connections to the database and to each stream’s destination are encrypted.',
  ),
  attestation(
    'register',
    'The register of processing activities',
    'Copy the log inventory into the register. A person has to add purpose, recipients and legal basis.',
  ),
  attestation(
    'breach',
    'Notices of a breach',
    'Check how an alert leads to a notice within 72 hours, and who decides.',
  ),
  attestation(
    'capacity',
    'The disk space of the log',
    'Check that the disk of the database has space for the log, and that somebody is alerted in time.',
  ),
  attestation(
    'network',
    'Logs of the network and other systems',
    'Check the logs of the network, the servers and the identity provider, which are not in this ledger.',
  ),
];
