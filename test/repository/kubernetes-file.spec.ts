import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { COMMANDS } from '../../src/cli/commands.js';
import { readDeployment, readKubernetesFile, type Resource } from '../support/kubernetes-file.js';

const { resources, pod, migrate, application } = await readKubernetesFile();
const containers = [migrate, application];
const environment = await readFile('.env.example', 'utf8');

const ofKind = (kind: string): Resource['spec'] => resources.find((each) => each.kind === kind)?.spec ?? {};
const getValue = (name: string) => application.env.find((each) => each.name === name);

function findMount(path: string) {
  const mount = application.volumeMounts.find(({ mountPath }) => path.startsWith(`${mountPath}/`));
  return { mount, volume: pod.volumes.find(({ name }) => name === mount?.name) };
}

describe('ops/kubernetes.yaml', () => {
  it('sets variables that the application reads, once each', () => {
    const names = application.env.map(({ name }) => name);

    expect(names.length).toBeGreaterThan(15);
    expect(names.filter((name) => name !== 'NODE_ENV' && !environment.includes(`${name}=`))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
    expect(getValue('PORT')?.value).toBe(String(application.ports?.[0]?.containerPort));
  });

  it('puts each file that the application writes on the volume that all pods share', () => {
    const paths = application.env.flatMap(({ value }) => (value?.startsWith('/') ? [value] : []));

    expect(paths.length).toBe(5);
    for (const path of paths) {
      const { mount, volume } = findMount(path);
      expect([path, mount?.readOnly, volume?.persistentVolumeClaim]).toEqual([
        path,
        undefined,
        { claimName: 'audit-shop' },
      ]);
    }
    expect(ofKind('PersistentVolumeClaim').accessModes).toEqual(['ReadWriteMany']);
  });

  it('leaves no file of the application at its default, in a folder that is read-only', () => {
    const byDefault = Array.from(environment.matchAll(/^#?([A-Z_]+)=\.data\//gm), ([, name = '']) => name);
    const ofEmbedded = ['EMBEDDED_PG_DIR'];
    const ofCapturedRows = ['AUDIT_CONTEXT_KEY_FILE']; // not captured with AUDIT_DATABASE_URL, unless AUDIT_ROW_CHANGES is set
    const replaced = { AUDIT_SIGNING_KEY_FILE: 'AUDIT_SIGNING_KEY' } as Readonly<Record<string, string>>;
    const left = byDefault.filter((name) => getValue(replaced[name] ?? name) === undefined);

    expect(byDefault).toContain('AUDIT_SIGNING_KEY_FILE');
    expect(left.toSorted()).toEqual([...ofCapturedRows, ...ofEmbedded]);
    expect([getValue('AUDIT_ROW_CHANGES'), getValue('DATABASE_URL') !== undefined]).toEqual([undefined, true]);
    for (const name of ['AUDIT_CHECKPOINT_MEMORY', 'AUDIT_ERASURE_FILE']) expect(getValue(name)?.value).toBeDefined(); // beside no key file
  });

  it('runs every container as a user without rights, on a root file system that is read-only', () => {
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000, fsGroup: 1000 });
    for (const { securityContext } of containers) {
      expect(securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
    }
  });
});

describe('ops/kubernetes-worker.yaml', () => {
  it('starts the command worker with variables that the application reads, and keys that no web gets', async () => {
    const worker = await readDeployment('ops/kubernetes-worker.yaml');
    const [container] = worker.pod.containers;
    const [program, , name = ''] = container?.command ?? [];
    const [path = '', exported = ''] = container?.args?.[0]?.split('#') ?? [];
    const source = await readFile(path.replace('dist/', '').replace('.js', '.ts'), 'utf8');
    const variables = container?.env ?? [];
    const secrets = variables.flatMap(({ valueFrom }) => valueFrom?.secretKeyRef ?? []);

    expect([program, COMMANDS.has(name), source.includes(`function ${exported}(`)]).toEqual(['node', true, true]);
    expect(variables.filter(({ name: each }) => each !== 'NODE_ENV' && !environment.includes(`${each}=`))).toEqual([]);
    expect(secrets.filter((each) => each.name === 'audit-worker').map(({ key }) => key)).toEqual([
      'signing-key',
      'sequencer-url',
    ]);
    expect(worker.pod.volumes.map(({ persistentVolumeClaim: claim }) => claim?.claimName)).not.toContain('audit-shop');
    expect([worker.pod.securityContext, container?.securityContext]).toEqual([
      pod.securityContext,
      application.securityContext,
    ]);
  });
});
