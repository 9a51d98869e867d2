import { escapeHtml } from '../../lifecycle/erasure/report-html.js';
import type { LogInventory } from '../log-inventory.js';

/** The inventory as a part of a page. */
export function inventoryHtml({ types, tables, places, readers }: LogInventory): string {
  const rows = types.map(({ type, category, severity, recordedBy, routes, fields, personal, retention }) =>
    row([
      `<code>${escapeHtml(type)}</code>`,
      escapeHtml(`${category}, ${severity}`),
      escapeHtml([...recordedBy, ...routes.map(({ method, path }) => `${method} ${path}`)].join(', ')),
      escapeHtml(fields.join(', ')),
      escapeHtml(personal.join(', ')),
      escapeHtml(retention),
    ]),
  );
  const list = (items: readonly string[]): string => items.map((item) => `<li>${escapeHtml(item)}</li>`).join('\n');
  return `<h2 id="inventory">Log inventory</h2>
<h4>Where events are</h4>
<ul>
${list(places)}
</ul>
<h4>Who may read them</h4>
<ul>
${list(readers)}
</ul>
${tables.length === 0 ? '' : `<h4>Captured tables</h4>\n<ul>\n${list(tables)}\n</ul>`}
${table(['Event type', 'Category, severity', 'Recorded by', 'Fields', 'Personal', 'Kept'], rows)}`;
}

/** A row of cells that are HTML already. */
export function row(cells: readonly string[]): string {
  return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
}

/** A table of such rows. */
export function table(names: readonly string[], rows: readonly string[]): string {
  return `<table>\n<thead><tr>${names.map((name) => `<th scope="col">${name}</th>`).join('')}</tr></thead>\n<tbody>\n${rows.join('\n')}\n</tbody>\n</table>`;
}
