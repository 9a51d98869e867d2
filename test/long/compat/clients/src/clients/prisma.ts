import { AuditContext, AuditModule } from 'nestjs-audit-ledger';
import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient, type Prisma } from '../generated/client.js';
import { Pool, url } from '../pool.js';

const prisma = new PrismaClient({ adapter: new PrismaPg(new Pool({ connectionString: url })) });

export const modules = [AuditModule.forRoot({ transactions: (work) => prisma.$transaction(work) })];

// In a method with @AuditedTransaction():
export async function insertOrder(id: string, total: number) {
  await AuditContext.transaction<Prisma.TransactionClient>().order.create({ data: { id, total } });
}
