/** A FROM item: each event of the ledger and its inbox once, with its request's ID, whether it is sealed already or not. */
export const STORED_EVENTS = `(
  SELECT id, request_id FROM audit_event
  UNION SELECT (event->>'id')::uuid, event#>>'{request,id}'
    FROM audit_inbox, string_to_table(body, E'\\n') AS line, LATERAL (SELECT line::jsonb->'event') AS parsed (event)
) AS stored`;
