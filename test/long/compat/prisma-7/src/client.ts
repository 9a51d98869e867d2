import { PrismaPg } from '@prisma/adapter-pg';
import { AuditContext } from 'nestjs-audit-ledger';
import type { Pool } from 'pg';
// @ts-ignore Prisma's generator makes it before the types are checked.
import { PrismaClient, type Prisma } from './generated/client.js';

export function makeClient(pool: Pool) {
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool) });
  return {
    transactions: (work: (transaction: object) => Promise<unknown>) => prisma.$transaction(work),
    insert: (id: string, total: number): Promise<unknown> =>
      AuditContext.transaction<Prisma.TransactionClient>().order.create({ data: { id, total } }),
    end: () => prisma.$disconnect(),
  };
}
