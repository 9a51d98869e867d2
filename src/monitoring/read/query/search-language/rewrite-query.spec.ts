import { describe, expect, it } from '@jest/globals';
import { rewriteQuery } from './rewrite-query.js';

const NOON = new Date('2026-11-26T12:00:00Z');

describe('what people type first', () => {
  it.each([
    ['who: ada', 'who:ada'],
    ['who: "Ada Lovelace"', 'who:"Ada Lovelace"'],
    ['-type=order_* user=ada', '-type:order_* user:ada'],
    ['refund amount>100', 'refund details.amount:>100'],
    ['amount > 100 status>=500', 'details.amount:>100 status:>=500'],
    ['order:17', 'order/17'],
    ['ip 203.0.113.7', 'ip:203.0.113.7'],
    ['ada from 2001:db8::1', 'ada ip:2001:db8::1'],
    ['denied tenant s-1', 'denied tenant:s-1'],
    ['since yesterday', 'since:yesterday'],
    ['order 1234 yesterday', 'order 1234 from:yesterday to:today'],
    ['failed login last week', 'failed login since:-1w'],
    ['last 90 minutes', 'since:-90m'],
    ['Last 3 days', 'since:-3d'],
    ['last month', 'since:-30d'],
    ['10:32', 'from:2026-11-26T10:32:00.000Z to:2026-11-26T10:33:00.000Z'],
    ['yesterday at 23:59 order', 'from:2026-11-25T23:59:00.000Z to:2026-11-26T00:00:00.000Z order'],
    ['23:59', 'from:2026-11-25T23:59:00.000Z to:2026-11-26T00:00:00.000Z'],
    ['outcome:suc', 'outcome:success'],
    ['who changed order 17 yesterday', 'order 17 from:yesterday to:today'],
    ['who deleted the rug', 'deleted rug'],
    ['which errors in the last hour', 'outcome:failure since:-1h'],
    ['failed log in last 7 days', 'failed login since:-7d'],
    ['failed logins today for whom?', 'failed login since:today'],
    ['failed log-ins this week', 'failed login since:2026-11-23'],
    ['Logins this month', 'login since:2026-11-01'],
    ['all refunds over 100', 'refund details.amount:>100'],
    ['who looked at ben?', 'category:audit_access,data_access -details.filters.prefix:* ben'],
    ["who viewed ben's data", 'category:audit_access,data_access -details.filters.prefix:* ben'],
    ['what did admin do today?', 'admin since:today'],
    ['order 01a2…67c929', 'order 67c929'],
    ['since:-30d order today', 'order since:today'],
    ['from:-7d to:-1d yesterday', 'from:yesterday to:today'],
    ['who logged in yesterday', 'logged-in from:yesterday to:today'],
    ['Ada turned off the second factor', 'Ada turned-off second factor'],
    ['orders by Ada', 'order by:Ada'],
    ['what happened to order 17', 'order 17'],
    ['what did Ada do with order 17', 'Ada order 17'],
    ['refused requests', 'refused'],
    ['Ada tried to cancel the order', 'Ada -outcome:success,partial cancel order'],
  ])('%s becomes %s', (typed, rewritten) => expect(rewriteQuery(typed, true, NOON)).toBe(rewritten));

  it.each([
    '"today" is:',
    'type:order_* -ip:10.0.0.0/8 details.amount:>5',
    'outcom:denied',
    'a=b session revoked',
    '25:99 blast week',
    'from:yesterday to:today',
    'type: outcome:denied',
    'address status analysis Jones',
    'who:ada what',
    'of',
  ])('%s stays as it is', (typed) => expect(rewriteQuery(typed, true, NOON)).toBe(typed));
});
