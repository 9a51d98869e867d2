import { AuditContext, AuditModule } from 'nestjs-audit-ledger';
import pg from 'pg';
import { DataTypes, Sequelize, type Transaction } from 'sequelize';
import { Client, Pool, url } from '../pool.js';

const sequelize = new Sequelize(url, { dialectModule: { ...pg, Client, Pool } });
const Order = sequelize.define(
  'purchase_order',
  { id: { type: DataTypes.TEXT, primaryKey: true }, total: DataTypes.INTEGER },
  { timestamps: false, freezeTableName: true },
);

export const modules = [AuditModule.forRoot({ transactions: (work) => sequelize.transaction(work) })];

// In a method with @AuditedTransaction():
export async function insertOrder(id: string, total: number) {
  await Order.create({ id, total }, { transaction: AuditContext.transaction<Transaction>() });
}
