import { REQUEST_FIELDS, REQUEST_ROWS, type AuditRequest } from '../../../../src/audit/browser.js';
import { PlainText } from '../../design/plain-text.js';
import { ClientName } from '../../events/client-name.js';
import { Fact } from '../../events/fact.js';
import { getPersonHref, recordHref, getTable } from '../../events/links.js';
import type { ViewedEvent } from '../../events/viewed-event.js';
import { formatActor } from '../../summaries/summary.js';
import { useViewer } from '../../viewer-context.js';

export function ActorFacts({ event }: { readonly event: ViewedEvent }) {
  const { t, words } = useViewer();
  const { actor, resource, tenantId, names } = event;
  const named = [resource?.type, resource?.id].filter((part) => part !== undefined);
  const called = resource?.name ?? names?.resource;
  const person = actor.id === undefined ? undefined : getPersonHref(actor.id);
  return (
    <dl class="facts">
      <Fact
        label={t('event.who')}
        value={formatActor(actor, words, names)}
        href={person}
        {...(actor.id !== undefined && { pivot: 'actor' as const, pivotValue: actor.id })}
      >
        <span class="fact-more">
          <PlainText text={actor.type} /> {actor.id !== undefined && <PlainText text={actor.id} class="fact-code" />}
        </span>
      </Fact>
      <Fact label={t('event.onBehalfOf')} value={actor.onBehalfOf?.id} isCode>
        {names?.onBehalfOf !== undefined && <PlainText text={names.onBehalfOf} class="fact-more" />}
      </Fact>
      <Fact label={t('event.session')} value={actor.sessionId} pivot="session" isCode />
      <Fact
        label={t('event.resource')}
        value={called === undefined ? named.join(' ') : `${resource?.type ?? ''} ${called}`}
        pivot="resource"
        pivotValue={named.join('/')}
        href={
          resource?.id === undefined
            ? undefined
            : recordHref({ type: resource.type, id: resource.id }, { table: getTable(event) })
        }
      >
        {called !== undefined && resource?.id !== undefined && (
          <span class="fact-more">
            <PlainText text={resource.id} class="fact-code" />
          </span>
        )}
      </Fact>
      {event.related?.map(({ type, id, name }, index) => (
        <Fact
          key={index}
          label={t('event.relatedResource')}
          value={[type, name ?? id].filter((part) => part !== undefined).join(' ')}
          pivot="related"
          pivotValue={[type, id].filter((part) => part !== undefined).join('/')}
          href={id === undefined ? undefined : recordHref({ type, id })}
        >
          {name !== undefined && id !== undefined && (
            <span class="fact-more">
              <PlainText text={id} class="fact-code" />
            </span>
          )}
        </Fact>
      ))}
      <Fact label={t('event.tenant')} value={tenantId} pivot="tenant" isCode />
      <Fact label={t('event.type')} value={event.type} pivot="type" isCode />
    </dl>
  );
}

export function RequestFacts(props: { readonly request: AuditRequest; readonly metadata: ViewedEvent['metadata'] }) {
  const { request, metadata: { country, countryCode = country } = {} } = props;
  const { t, formats } = useViewer();
  const { method, route, statusCode, durationMs } = request;
  const line = [method, route].filter((part) => part !== undefined).join(' ');
  const duration = durationMs === undefined ? undefined : `${formats.number(durationMs)} ms`;
  return (
    <dl class="facts">
      <Fact label={REQUEST_FIELDS.ip.label} value={request.ip} pivot="ip" isCode />
      {typeof countryCode === 'string' && <Fact label={t('event.country')} value={countryCode} />}
      <Fact label={REQUEST_FIELDS.route.label} value={line} isCode />
      <Fact label={REQUEST_FIELDS.statusCode.label} value={statusCode?.toString()} />
      <Fact label={REQUEST_FIELDS.durationMs.label} value={duration} />
      <Fact
        label={REQUEST_FIELDS.userAgent.label}
        value={request.userAgent}
        shown={<ClientName userAgent={request.userAgent ?? ''} />}
      />
      {IDS.map(({ name, label, qualifier: pivot }) => (
        <Fact key={name} label={label} value={request[name]?.toString()} {...(pivot && { pivot })} isCode />
      ))}
    </dl>
  );
}

const PRIMARY_FIELDS: readonly string[] = ['ip', 'method', 'route', 'statusCode', 'durationMs', 'userAgent'];
const IDS = REQUEST_ROWS.filter(({ name }) => !PRIMARY_FIELDS.includes(name));
