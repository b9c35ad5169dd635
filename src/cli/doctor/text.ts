import { INSTALL } from '../../backends/packages';
import { printable } from '../printable';
import type { Working } from '../probe/run';
import { count, digits, some } from '../wording';
import type { Diagnosis, Patient } from './run';

/** Said where WebAssembly has no relaxed SIMD, which came with Node 21. */
const FASTER = 'In Node 24 the sparse step is faster: its WebAssembly has relaxed SIMD.';

/** Formats a diagnosis as JSON, for programs. */
export const doctorJson = (diagnosis: Diagnosis): string =>
  `${JSON.stringify(diagnosis, null, 2)}\n`;

/** Formats a diagnosis as a table, for people. */
export function doctorText(diagnosis: Diagnosis): string {
  const { version, node, system, cores, simd, relaxed, threads, core, backends, auto } = diagnosis;
  const has = (it: boolean, name: string) => (it ? name : `no ${name}`);
  const itsSimd = simd && relaxed ? 'relaxed SIMD' : has(simd, 'SIMD');
  const lines = [
    `gated-sae-tfjs ${version}, Node ${node}, ${system}, ${some(cores, 'core')}; WebAssembly with ${itsSimd}, ${has(threads, 'threads')}`,
    ...(relaxed ? [] : [FASTER]),
    ...coreLines(core),
    '',
    ...table([['backend', 'package', 'matMul', 'training step'], ...backends.map(row)]),
    '',
    ...backends.flatMap(remark),
    auto === null
      ? 'No backend works here. Run npm install @tensorflow/tfjs-backend-wasm.'
      : `auto takes ${auto}: the first of the list that works${auto.endsWith('-gpu') ? '' : ', a GPU apart'}.`,
    ...nativeLines(diagnosis),
  ];
  return `${lines.map(printable).join('\n')}\n`;
}

function coreLines({ version, copies }: Diagnosis['core']): string[] {
  if (version === null) return ['tfjs-core is not installed. Run npm install @tensorflow/tfjs.'];
  if (copies.length === 1) return [`tfjs-core ${version}, one copy`];
  return [
    `tfjs-core ${version}, ${copies.length} copies; the tensors of one are unknown to the others:`,
    ...copies.map((copy) => `  ${copy}`),
    'Install all parts of tfjs in the same version; npm ls @tensorflow/tfjs-core tells who needs which.',
  ];
}

function row({ backend, package: name, version, probe }: Patient): string[] {
  const full = version === undefined ? name : `${name} ${version}`;
  if (probe === undefined) return [backend, full, 'not installed'];
  if ('problem' in probe) return [backend, full, 'does not work'];
  const { speed } = probe;
  const device = backend === 'tensorflow' ? (probe.gpu ? ' on GPU' : ' on CPU') : '';
  if (speed === undefined) return [`${backend}${device}`, full];
  return [
    `${backend}${device}`,
    full,
    `${digits(speed.gflops, 3)} GFLOP/s`,
    `${count(speed.rowsPerSecond)} rows/s, ${stepOf(speed)}`,
  ];
}

function stepOf({ taken }: NonNullable<Working['speed']>): string {
  if (taken?.step !== 'sparse') return 'tensor step';
  const simd = taken.kernels === 'relaxed' ? 'relaxed SIMD' : 'SIMD';
  return `sparse step, ${some(taken.threads ?? 1, 'thread')}, ${simd}`;
}

function remark({ backend, package: name, probe }: Patient): string[] {
  const gpu = name.endsWith('-gpu');
  if (probe === undefined) {
    // Not everyone has a GPU.
    if (gpu) return [];
    return [`${name}: ${INSTALL[backend]} brings it.`];
  }
  if ('problem' in probe) {
    const again =
      backend === 'tensorflow' ? ` Run npx gated-sae native${gpu ? ' --gpu' : ''}.` : '';
    return [`${name} does not work: ${probe.problem}${again}`];
  }
  if (gpu && !probe.gpu) return [`${name} finds no GPU, and computes on the CPU.`];
  return [];
}

function nativeLines({ native }: Diagnosis): string[] {
  const lacking = native.filter(({ found }) => found === null);
  if (lacking.length === 0) {
    return [`gated-sae native has what it needs: ${native.map(({ found }) => found).join('; ')}.`];
  }
  return ['gated-sae native lacks:', ...lacking.map(({ what, advice }) => `  ${what}: ${advice}`)];
}

/** Aligns columns, each as wide as its widest cell. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, i) =>
    Math.max(...rows.map((cells) => cells[i]?.length ?? 0)),
  );
  return rows.map((cells) =>
    cells
      .map((cell, i) => cell.padEnd(widths[i] as number))
      .join('  ')
      .trimEnd(),
  );
}
