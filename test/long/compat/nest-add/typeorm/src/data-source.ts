import 'dotenv/config';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { Order } from './order.entity.js';

export function dataSourceOptions(url: string | undefined): DataSourceOptions {
  return {
    type: 'postgres',
    url,
    entities: [Order],
    synchronize: true,
  };
}

export default new DataSource(dataSourceOptions(process.env.DATABASE_URL));
