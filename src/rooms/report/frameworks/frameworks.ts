import { ASVS } from './asvs.js';
import { DORA, GDPR, HIPAA } from './laws.js';
import type { Framework } from './framework.js';
import { ISO_27001 } from './iso-27001.js';
import { NIST_800_53 } from './nist-800-53.js';
import { PCI_DSS } from './pci-dss.js';
import { SOC2 } from './soc2.js';

export const FRAMEWORKS: readonly Framework[] = [PCI_DSS, SOC2, ISO_27001, HIPAA, NIST_800_53, ASVS, GDPR, DORA];
