import { declareErrors } from '../../audit/nest-free.js';

export const watchErrors = declareErrors({
  AUDIT_CONFLICT: {
    kind: 'refused',
    status: 409,
    when: 'the alert was suppressed when its rule matched, or the time of the suppression is over, so nobody has to answer',
    do: 'follow the message',
    message: {
      suppressed: (id: string) =>
        `Cannot answer the alert ${id}: a suppression withheld it. End the suppression to get an alert at the next match.`,
      over: (id: string) => `Cannot end the suppression ${id}: its time is over. Nothing is left to do.`,
    },
  },
  AUDIT_REQUEST_INVALID: {
    kind: 'invalid',
    status: 400,
    when: 'a suppression has an unknown rule, or an end that is past or too late; an answer does not fit what it answers, or lacks its comment or verdict',
    do: 'follow the message; nothing was changed',
    message: {
      suppression: (seen: string, next: string) => `Cannot suppress alerts: ${seen}. ${next}.`,
      reply: (problem: string) => `Cannot record the answer: ${problem}. Correct the answer.`,
    },
  },
  AUDIT_NOT_FOUND: {
    kind: 'missing',
    status: 404,
    when: 'no review of that day was opened',
    do: 'list what there is',
    message: (day: string) =>
      `Cannot find the review of ${day}: no review of this day was opened. With the option review, the review of a day opens on the next day. List the reviews to see their days.`,
  },
  AUDIT_REVIEW_REFUSED: {
    kind: 'refused',
    status: 403,
    when: 'HTTP 403: you acted on the day that you sign off, have no actor, see only your own events, or name another tenant',
    do: 'have somebody else sign it off; see [review](../guides/verify.md#four-eyes)',
    message: {
      ownActions: (day: string, sections: ReadonlyMap<string, number>) => {
        const seen = [...sections].map(([section, count]) => `${section}: ${count}`).join(', ');
        return `Cannot sign off ${day}: the review includes your own actions (${seen}), and review.fourEyes is set. Let another reviewer sign it off.`;
      },
      nobody: () => 'Cannot review: the request has no actor. Log in.',
      noTenant: () => 'Cannot answer for all tenants: you see only some. Give one of your tenants as tenantId.',
      ofOneself: () =>
        'Cannot review: you may only see your own events. Use an account that may see the events of other people.',
    },
  },
});
