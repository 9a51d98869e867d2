import type { ComponentChildren } from 'preact';
import { Icon } from '../design/icon.js';
import { PlainText } from '../design/plain-text.js';
import { useViewer } from '../viewer-context.js';
import { searchHref, type PivotField } from './links.js';

export function Fact(props: {
  readonly label: string;
  readonly value: string | undefined;
  readonly pivot?: PivotField;
  /** The value to search for, if it differs from the value that is shown. */
  readonly pivotValue?: string;
  readonly href?: string | undefined;
  readonly isCode?: boolean;
  /** Replaces the shown value. */
  readonly shown?: ComponentChildren;
  readonly children?: ComponentChildren;
}) {
  const { label, value, pivot, pivotValue = value, href, isCode = false, shown, children } = props;
  const { t } = useViewer();
  if (value === undefined || value === '') return null;
  const pivotLabel = t('event.pivot', { label, value });
  const text = shown ?? <PlainText text={value} {...(isCode && { class: 'fact-code' })} />;
  return (
    <div>
      <dt>{label}</dt>
      <dd>
        <span>
          {href === undefined ? text : <a href={href}>{text}</a>}
          {children}
        </span>
        {pivot !== undefined && pivotValue !== undefined && (
          <a class="pivot" href={searchHref(pivot, pivotValue)} title={pivotLabel} aria-label={pivotLabel}>
            <Icon name="search" />
          </a>
        )}
      </dd>
    </div>
  );
}
