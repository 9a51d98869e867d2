import { Gauge, type Registry } from 'prom-client';
import { ownPackage } from '../../../audit/plain.js';

/** Registers which version of the library runs on which Node, as labels of the value 1. */
export function registerBuildInfo(registry: Registry): void {
  const gauge = new Gauge({
    name: 'audit_build_info',
    help: '1, with the version of the library and of Node as labels.',
    labelNames: ['version', 'node'],
    registers: [registry],
  });
  gauge.set({ version: ownPackage()?.version ?? 'unknown', node: process.versions.node }, 1);
}
