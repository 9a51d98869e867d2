import { Loaded, Empty } from '../../design/panel.js';
import { PlainText } from '../../design/plain-text.js';
import { buildChangeRows } from '../../diff/change-rows.js';
import { shownValue } from '../../diff/shown-value.js';
import { Value } from '../../events/changes-table.js';
import { EventTime } from '../../events/event-time.js';
import { getEventHref, recordHref } from '../../events/links.js';
import type { EventReference } from '../../events/viewed-event.js';
import type { MessageKey } from '../../texts/index.js';
import { formatActor } from '../../summaries/summary.js';
import { useRequest } from '../../use-request.js';
import { useViewer } from '../../viewer-context.js';
import type { Step } from './steps.js';

interface UnknownPart {
  readonly reason: string;
  readonly fields?: readonly string[];
  readonly months?: readonly string[];
}

interface RecordAt {
  readonly tables?: readonly string[];
  readonly exists: boolean | null;
  readonly values: Readonly<Record<string, unknown>> | null;
  readonly unknown: readonly UnknownPart[];
  readonly movedTo?: { readonly type: string; readonly id: string };
}

interface Blame {
  readonly fields: readonly {
    readonly field: string;
    readonly value?: unknown;
    readonly event: EventReference | null;
  }[];
}

interface StateAndBlame {
  readonly state: RecordAt;
  readonly blame: Blame;
}

interface StateProps {
  readonly path: string;
  readonly table: string | undefined;
  readonly event: Step;
}

export function StateAfter({ path, table, event }: StateProps) {
  const { api } = useViewer();
  const at = event.endedAt;
  const request = useRequest(`${path} ${at}`, async (signal) => {
    const show = ['state', 'blame'];
    return { at, ...(await api.get<StateAndBlame>(path, { show, at, table }, signal)) };
  });
  return (
    <Loaded request={request} lines={6}>
      {(response) => (
        // While the next state is loading, the previous state stays visible, but without marks for this step.
        <Fields record={response.state} blame={response.blame} event={response.at === at ? event : undefined} />
      )}
    </Loaded>
  );
}

interface FieldsProps {
  readonly record: RecordAt;
  readonly blame: Blame;
  readonly event: Step | undefined;
}

function Fields({ record, blame, event }: FieldsProps) {
  const { t } = useViewer();
  const { exists, values, unknown, movedTo } = record;
  const { rows } = buildChangeRows(event?.changes);
  const changed = new Set(rows.map(({ names }) => names[0]));
  const isDeleted = rows.some(({ kind, names }) => kind === 'removed' && names.length === 0);
  const lines = new Map(blame.fields.map((line) => [line.field, line]));
  const names = [...new Set([...lines.keys(), ...Object.keys(values ?? {})])];
  if (exists === null && names.length === 0) return <Empty>{t('record.uncaptured')}</Empty>;
  if (exists === false) {
    return (
      <Empty>
        {t(isDeleted ? 'record.deleted' : 'record.gone')}{' '}
        {movedTo && (
          <a href={recordHref(movedTo, { table: record.tables?.[0] })}>{t('record.moved', { id: movedTo.id })}</a>
        )}
      </Empty>
    );
  }
  const reasons = new Map(unknown.flatMap(({ reason, fields = [] }) => fields.map((field) => [field, reason])));
  return (
    <>
      <div class="table-wrap" tabIndex={0} role="group" aria-label={t('record.state')}>
        <table class="table record-fields">
          <thead>
            <tr>
              <th scope="col">{t('changes.field')}</th>
              <th scope="col">{t('record.value')}</th>
              <th scope="col">{t('record.lastChanged')}</th>
            </tr>
          </thead>
          <tbody>
            {names.map((name) => (
              <tr key={name} class={changed.has(name) ? 'is-changed' : undefined}>
                <th scope="row">
                  <PlainText text={name} />
                  {changed.has(name) && <span class="visually-hidden"> {t('record.changedHere')}</span>}
                </th>
                <td>
                  <FieldValue value={values?.[name] ?? lines.get(name)?.value} reason={reasons.get(name)} />
                </td>
                <td>
                  <LastChange event={lines.get(name)?.event ?? null} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <UnknownNotes unknown={unknown.filter(({ fields }) => fields === undefined)} />
    </>
  );
}

function FieldValue({ value, reason }: { readonly value: unknown; readonly reason: string | undefined }) {
  const { t } = useViewer();
  const shown = value === undefined && reason !== undefined ? undefined : shownValue(value);
  const isComplete = shown !== undefined && (reason === undefined || shown.kind !== 'value');
  return (
    <>
      {shown && <Value value={shown} />}{' '}
      {!isComplete && <span class="badge">{t(UNKNOWN_REASONS[reason ?? ''] ?? 'record.unknown')}</span>}
    </>
  );
}

function LastChange({ event }: { readonly event: EventReference | null }) {
  const { t, words } = useViewer();
  if (event === null) return <span class="quiet">{t('record.beforeCapture')}</span>;
  return (
    <a class="last-change" href={getEventHref(event.id)}>
      <PlainText text={formatActor(event.actor, words)} />
      <EventTime event={event} format="moment" class="quiet" />
    </a>
  );
}

const UNKNOWN_REASONS: Readonly<Record<string, MessageKey>> = {
  redacted: 'why.redacted',
  digested: 'why.digested',
  erased: 'why.erased',
  hidden: 'why.hidden',
  truncated: 'why.truncated',
  images_apart: 'why.imagesApart',
  before_capture: 'why.beforeCapture',
  retired: 'why.retired',
  too_many_changes: 'why.tooMany',
};

function UnknownNotes({ unknown }: { readonly unknown: readonly UnknownPart[] }) {
  const { t } = useViewer();
  if (unknown.length === 0) return null;
  return (
    <ul class="panel-empty record-notes">
      {unknown.map(({ reason, months = [] }) => (
        <li key={reason} class="quiet">
          {t(UNKNOWN_REASONS[reason] ?? 'record.unknown')} {months.join(', ')}
        </li>
      ))}
    </ul>
  );
}
