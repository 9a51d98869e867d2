// Serves the viewer and the routes that it reads, of a loaded ledger, to everybody.
import { NestFactory } from '@nestjs/core';
import { AuditViewerModule } from 'nestjs-audit-ledger/viewer';
import { rootModule } from './decorate.mjs';
import { auditImports } from './ours.mjs';

const database = { url: process.env.BENCH_DATABASE_URL, directory: process.env.BENCH_DIR };
const monitoring = { authorize: () => ({ scope: 'all' }), recordReads: false };
const root = rootModule({ imports: [...auditImports(database, monitoring), AuditViewerModule.forRoot()] });
const app = await NestFactory.create(root, { logger: ['fatal'], abortOnError: false });
await app.listen(0, '127.0.0.1');
process.send({ kind: 'ready', port: new URL(await app.getUrl()).port });
process.on('disconnect', () => process.exit(1));
process.on('message', () => void close());

async function close() {
  await app.close();
  process.removeAllListeners('disconnect');
  process.disconnect();
}
