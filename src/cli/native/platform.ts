import { wrongMachine } from '../../errors';

/** The differences between systems. */
export interface Platform {
  /** Its name, such as `linux-x64`. */
  readonly name: string;
  /** The wheels that fit, by pip's platform names. */
  readonly wheels: readonly string[];
  /** The wheel's package without and with CUDA. */
  readonly packages: { readonly cpu: string; readonly gpu?: string };
  readonly tensorflow: string;
  /** TensorFlow's libraries in its Python package; the binding is linked against the first. */
  readonly libraries: readonly [string, string];
  readonly linkFlags: readonly string[];
}

/** The newest version that this was tested with. */
const TENSORFLOW = '2.21.0';
/** The last version for Macs with Intel processors. */
const TENSORFLOW_MAC_INTEL = '2.16.2';

const LINUX = {
  tensorflow: TENSORFLOW,
  libraries: ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'],
  // The binding finds them in tfjs-node's own layout, wherever it is linked to.
  linkFlags: ['-shared', '-Wl,-rpath,$ORIGIN/../../deps/lib'],
} as const;
const MAC = {
  packages: { cpu: 'tensorflow' },
  libraries: ['libtensorflow_cc.2.dylib', 'libtensorflow_framework.2.dylib'],
  linkFlags: ['-bundle', '-undefined', 'dynamic_lookup', '-Wl,-rpath,@loader_path/../../deps/lib'],
} as const;

const PLATFORMS: Readonly<Record<string, Omit<Platform, 'name'>>> = {
  'linux-x64': {
    ...LINUX,
    wheels: ['manylinux_2_27_x86_64', 'manylinux_2_17_x86_64'],
    packages: { cpu: 'tensorflow-cpu', gpu: 'tensorflow' },
  },
  'linux-arm64': {
    ...LINUX,
    wheels: ['manylinux_2_27_aarch64', 'manylinux_2_17_aarch64'],
    packages: { cpu: 'tensorflow' },
  },
  'darwin-arm64': { ...MAC, wheels: ['macosx_12_0_arm64'], tensorflow: TENSORFLOW },
  'darwin-x64': { ...MAC, wheels: ['macosx_10_15_x86_64'], tensorflow: TENSORFLOW_MAC_INTEL },
};

/** The Python version whose wheels are used: the parts used are the same for every version. */
export const WHEEL_PYTHON = '3.12';

/**
 * Returns what differs on this system.
 *
 * @throws SAE_UNSUPPORTED if TensorFlow's wheels do not run here, or have no CUDA.
 */
export function platform(gpu: boolean, name = `${process.platform}-${process.arch}`): Platform {
  const known = PLATFORMS[name];
  const expected = 'Linux (x64, arm64) with glibc, or macOS';
  const otherwise = 'Everything runs on wasm without it.';
  if (known === undefined) throw wrongMachine('native', expected, name, otherwise);
  if (name.startsWith('linux') && !hasGlibc()) {
    throw wrongMachine('native', expected, `${name} with musl`, otherwise);
  }
  if (gpu && known.packages.gpu === undefined) {
    const advice = 'Leave out --gpu.';
    throw wrongMachine('native --gpu', 'Linux on x64, where TensorFlow has CUDA', name, advice);
  }
  return { name, ...known };
}

const hasGlibc = (): boolean =>
  (process.report.getReport() as { header: { glibcVersionRuntime?: string } }).header
    .glibcVersionRuntime !== undefined;
