import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';

interface Seen {
  readonly items: readonly {
    readonly type: string;
    readonly index?: number;
    readonly resource?: { readonly id: string };
  }[];
}

const AUDITOR = { authorization: 'Bearer of-an-auditor' };
const GIVE_UP_AFTER_MS = 20_000;

export async function checkLedger(url: string): Promise<void> {
  const body = JSON.stringify({ id: 'o-1' });
  const created = await fetch(`${url}/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  assert.equal(created.status, 201, await created.text());
  assert.equal((await fetch(`${url}/audit/events`)).status, 403);

  const giveUpAt = Date.now() + GIVE_UP_AFTER_MS;
  for (;;) {
    const answer = await fetch(`${url}/audit/events?type=order_created&limit=5`, { headers: AUDITOR });
    assert.equal(answer.status, 200);
    const [event] = ((await answer.json()) as Seen).items;
    assert.equal(event?.resource?.id, 'o-1');
    if (event?.index !== undefined) break;
    assert.ok(Date.now() < giveUpAt, 'the event was not sealed');
    await pause(50);
  }
  const checkpoint = await fetch(`${url}/audit/checkpoint`, { headers: AUDITOR });
  assert.match(await checkpoint.text(), /^nestjs-audit-ledger\.local\/ledger\n\d+\n/);
}
