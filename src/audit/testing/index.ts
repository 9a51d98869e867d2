export { InMemoryAuditProvider } from './in-memory-audit.provider.js';
