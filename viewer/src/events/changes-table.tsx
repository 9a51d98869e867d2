import { Empty } from '../design/panel.js';
import { PlainText } from '../design/plain-text.js';
import { buildChangeRows, type ChangeRow, type GivenChanges } from '../diff/change-rows.js';
import type { TextPiece } from '../diff/diff-text.js';
import type { ShownValue } from '../diff/shown-value.js';
import { formatMoney } from '../summaries/money.js';
import type { MessageKey } from '../texts/index.js';
import { useViewer } from '../viewer-context.js';
import './changes-table.css';

export function ChangesTable(props: { readonly changes: GivenChanges | undefined; readonly isErased?: boolean }) {
  const { changes, isErased = false } = props;
  const { t } = useViewer();
  const { rows, isCut } = buildChangeRows(changes, isErased);
  if (rows.length === 0 && !isCut) return <Empty>{t('changes.none')}</Empty>;
  return (
    <>
      <table class="changes">
        <thead class="visually-hidden">
          <tr>
            <th scope="col">{t('changes.field')}</th>
            <th scope="col">{t('changes.before')}</th>
            <th scope="col">{t('changes.after')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <Row key={index} row={row} states={[changes?.after, changes?.before]} />
          ))}
        </tbody>
      </table>
      {isCut && <p class="panel-empty quiet">{t('changes.cut')}</p>}
    </>
  );
}

function Row({ row, states }: { readonly row: ChangeRow; readonly states: readonly unknown[] }) {
  const { t } = useViewer();
  const { kind, before, after, pieces, isCut, names } = row;
  const beside = states.map((state) => names.slice(0, -1).reduce(getOwn, state));
  const moneyIn = (side: ShownValue): string | undefined =>
    side.kind === 'value' ? formatMoney(names.at(-1) ?? '', side.text, beside) : undefined;
  return (
    <tr class={`is-${kind}`}>
      <th scope="row">
        <FieldPath names={row.names} />
        {kind !== 'changed' && (
          <span class="changes-kind">{t(names.length === 0 ? `changes.whole.${kind}` : `changes.${kind}`)}</span>
        )}
        {isCut && <span class="changes-kind">{t('changes.valueCut')}</span>}
      </th>
      <td class="changes-before" data-side={t('changes.before')}>
        <Side value={before} money={moneyIn(before)} pieces={pieces?.filter(({ kind: each }) => each !== 'added')} />
      </td>
      <td class="changes-after" data-side={t('changes.after')}>
        <Side value={after} money={moneyIn(after)} pieces={pieces?.filter(({ kind: each }) => each !== 'removed')} />
      </td>
    </tr>
  );
}

export function FieldPath({ names }: { readonly names: readonly string[] }) {
  const { t } = useViewer();
  if (names.length === 0) return <span>{t('changes.whole')}</span>;
  return (
    <span class="field-path">
      {names.map((name, index) => (
        <span key={index}>
          {index > 0 && (
            <span class="field-path-mark" aria-hidden="true">
              {' › '}
            </span>
          )}
          <PlainText text={name} />
        </span>
      ))}
    </span>
  );
}

function getOwn(state: unknown, name: string): unknown {
  return typeof state === 'object' && state !== null && Object.hasOwn(state, name)
    ? (state as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

function Side(props: {
  readonly value: ShownValue;
  readonly money: string | undefined;
  readonly pieces: readonly TextPiece[] | undefined;
}) {
  const { value, money, pieces } = props;
  if (pieces === undefined || value.kind !== 'value') return <Value value={value} money={money} />;
  return (
    <span class={`value is-${value.type}`}>
      {pieces.map(({ kind, text }, index) =>
        kind === 'same' ? (
          <PlainText key={index} text={text} />
        ) : kind === 'removed' ? (
          <del key={index}>
            <PlainText text={text} />
          </del>
        ) : (
          <ins key={index}>
            <PlainText text={text} />
          </ins>
        ),
      )}
    </span>
  );
}

const KINDS: Readonly<Record<Exclude<ShownValue['kind'], 'value'>, MessageKey>> = {
  absent: 'value.absent',
  redacted: 'value.redacted',
  masked: 'value.masked',
  digest: 'value.digest',
  erased: 'value.erased',
};

/** `money` is the value as people write it. The title has the recorded value. */
export function Value({ value, money }: { readonly value: ShownValue; readonly money?: string | undefined }) {
  const { t } = useViewer();
  if (value.kind === 'value') {
    if (value.text === '') return <span class="value-note">{t('value.empty')}</span>;
    return (
      <span class={`value is-${value.type}`} title={money && value.text}>
        <PlainText text={money ?? value.text} />
      </span>
    );
  }
  if (value.kind === 'absent') {
    return (
      <span class="value-note" title={t('value.absent')}>
        <span aria-hidden="true">–</span>
        <span class="visually-hidden">{t('value.absent')}</span>
      </span>
    );
  }
  return (
    <span class="value-mark">
      <span class="badge">{t(KINDS[value.kind])}</span>
      {'text' in value && <code>{value.kind === 'digest' ? `${value.text.slice(0, 15)}…` : value.text}</code>}
    </span>
  );
}
