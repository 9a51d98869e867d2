import pg from 'pg';
import { auditedPg } from 'nestjs-audit-ledger';

export const { Client, Pool } = auditedPg(pg, { keyFile: '.data/context.key' });
export const url = process.env.DATABASE_URL ?? '';
