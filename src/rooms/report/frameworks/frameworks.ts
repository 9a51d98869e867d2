import type { Framework } from '../check.js';
import { DORA, GDPR, HIPAA, NIST_800_53 } from './regulations.js';
import { ASVS, ISO_27001, PCI_DSS, SOC2 } from './standards.js';

export const FRAMEWORKS: readonly Framework[] = [PCI_DSS, SOC2, ISO_27001, HIPAA, NIST_800_53, ASVS, GDPR, DORA];
