import { readFile } from 'node:fs/promises';
import { parseAllDocuments } from 'yaml';

export interface Container {
  readonly name: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env: readonly Variable[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string; readonly readOnly?: boolean }[];
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly startupProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly livenessProbe?: Probe;
}

interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly secretKeyRef: { readonly name: string; readonly key: string } };
}

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}

interface Volume {
  readonly name: string;
  readonly persistentVolumeClaim?: { readonly claimName: string };
  readonly emptyDir?: object;
}

export interface Resource {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: Readonly<Record<string, unknown>>;
}

export interface Pod {
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly initContainers: readonly Container[];
  readonly containers: readonly Container[];
  readonly volumes: readonly Volume[];
}

export interface KubernetesFile {
  readonly resources: readonly Resource[];
  readonly pod: Pod;
  readonly migrate: Container;
  readonly application: Container;
}

export async function readKubernetesFile(): Promise<KubernetesFile> {
  const read = await readDeployment('ops/kubernetes.yaml');
  const [migrate] = read.pod.initContainers;
  const [application] = read.pod.containers;
  if (!migrate || !application) throw new Error('ops/kubernetes.yaml lacks a container.');
  return { ...read, migrate, application };
}

export async function readDeployment(path: string): Promise<Omit<KubernetesFile, 'migrate' | 'application'>> {
  const text = await readFile(path, 'utf8');
  const resources = parseAllDocuments(text).map((document) => document.toJS() as Resource);
  const deployment = resources.find(({ kind }) => kind === 'Deployment');
  const { spec: pod } = deployment?.spec.template as { spec: Pod }; // of a Deployment
  return { resources, pod };
}
