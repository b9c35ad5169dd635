import { checkWalkthrough } from '../walkthrough/check';
import { prepareJupyter } from '../walkthrough/jupyter';
import { check } from './check';
import { skip } from './counts';

/** The notebook in docs, from its first cell to its last. */
export function walkthrough(): void {
  const title = 'the walkthrough runs, and shows what the committed one shows';
  const jupyter = prepareJupyter('requirements');
  if (typeof jupyter === 'string') skip(title, jupyter);
  else check(title, () => checkWalkthrough(jupyter));
}
